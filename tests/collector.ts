type Value = Record<string, string | number>;
type Attributes = { key: string; value: Value }[];
type Metric = { name: string } & Partial<Record<"sum" | "gauge", { dataPoints: Point[] }>>;
type Point = { attributes: Attributes; asInt?: number | string; asDouble?: number };
type Export = {
  resourceSpans?: { scopeSpans: { spans: { name: string; attributes: Attributes }[] }[] }[];
  resourceMetrics?: { scopeMetrics: { metrics: Metric[] }[] }[];
};

/** Starts an OpenTelemetry collector that keeps what a server exports as OTLP JSON over HTTP. */
export function startCollector() {
  const exported: { path: string; text: string }[] = [];
  const listeners = new Set<() => void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    exported.push({ path: new URL(request.url).pathname, text: await request.text() });
    for (const listener of listeners) listener();
    return Response.json({});
  });
  const read = (path: string): Export[] => exported.filter((e) => e.path === path).map(({ text }) => JSON.parse(text));

  return {
    /** What makes Deno export to it, often enough for a test. */
    variables: {
      OTEL_DENO: "true",
      OTEL_DENO_CONSOLE: "ignore",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_METRIC_EXPORT_INTERVAL: "100",
    },
    /** All that was exported, as text. */
    text: () => exported.map(({ path, text }) => `${path} ${text}`).join("\n"),
    spans: () =>
      read("/v1/traces").flatMap(({ resourceSpans = [] }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
        .flatMap(({ spans }) => spans).map(({ name, attributes }) => ({ name, attributes: valuesOf(attributes) })),
    /** Waits until what was exported is enough. */
    async until(isEnough: () => boolean): Promise<void> {
      if (isEnough()) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const listener = () => isEnough() && resolve();
      listeners.add(listener);
      await promise;
      listeners.delete(listener);
    },
    /** A metric's last values by the values of its attributes, which are empty for one without. */
    metric: (name: string) => {
      const found = read("/v1/metrics").flatMap(({ resourceMetrics = [] }) =>
        resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics).flatMap(({ metrics }) => metrics)
      ).findLast((metric) => metric.name === name);
      const points = (found?.sum ?? found?.gauge)?.dataPoints ?? [];
      return Object.fromEntries(
        points.map((point) => [
          Object.values(valuesOf(point.attributes)).join(" "),
          Number(point.asInt ?? point.asDouble),
        ]),
      );
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function valuesOf(attributes: Attributes): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, String(Object.values(value)[0])]));
}

/** A server with nothing to do, which no page can be faster than. */
const port = Number(Deno.args[0]);
Deno.serve({ hostname: "127.0.0.1", port, onListen: () => console.log("listening") }, () => new Response("hello"));

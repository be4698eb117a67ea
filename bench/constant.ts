/** What no page can be faster than: Deno's own server with nothing to do. */
const port = Number(Deno.args[0]);
Deno.serve({ hostname: "127.0.0.1", port, onListen: () => console.log("listens") }, () => new Response("hello"));

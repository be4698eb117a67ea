// Runs inside a server, before it: at each SIGUSR2 a promise rejects that nobody waits for.
Deno.addSignalListener("SIGUSR2", () => void Promise.reject(new Error("nobody waits for this")));

// Preloaded into a server: at each SIGUSR2 a promise rejects that nothing handles.
Deno.addSignalListener("SIGUSR2", () => void Promise.reject(new Error("nobody handles this")));

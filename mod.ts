export { openDatabase } from "./db/database.ts";
export { UserMenu } from "./views/layout.tsx";
export { passwordProblem } from "./credentials/policy.ts";
export { createArea } from "./routes/area.ts";

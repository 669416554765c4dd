import { run } from "./run.ts";
import { runProcess } from "./run_process.ts";

runProcess((host) => run(process.argv.slice(2), host));

import { createEdge } from "../../cli/edge.ts";
import { runProcess } from "../../cli/run_process.ts";

/** A long transfer, as a command would report it. */
runProcess(async (host) => {
  const globals = () => ({ json: false, quiet: false, verbose: false, progress: true });
  const { edge, finish } = createEdge(host, { globals });
  const progress = edge.output.progress({ objects: 3, bytes: 1000 });
  progress.object("dir/\u001b[31mevil", "started");
  progress.object("中文/文件", "started");
  progress.bytes(500);
  // The test types a line when it has seen the drawing.
  for await (const _ of edge.stdin) break;
  edge.output.result({ text: "stored one", json: {} });
  progress.object("中文/文件", "done");
  progress.bytes(500);
  progress.end();
  edge.output.summary({ text: "all stored", json: {} });
  return finish();
});

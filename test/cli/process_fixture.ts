import { runProcess } from "../../cli/run_process.ts";

/** Programs that do with the process what a test wants to see; the first argument chooses. */
runProcess(async (host) => {
  switch (process.argv[2]) {
    case "wait": {
      const { promise, resolve } = Promise.withResolvers<void>();
      host.signal.addEventListener("abort", () => resolve());
      const alive = setInterval(() => {}, 1000);
      host.stdout.write("ready\n");
      await promise;
      clearInterval(alive);
      host.stdout.write("stopped cleanly\n");
      return 130;
    }
    case "deaf":
      setInterval(() => {}, 1000);
      host.signal.addEventListener("abort", () => host.stdout.write("heard\n"));
      process.stdin.on("data", () => host.stdout.write("yes\n"));
      host.stdout.write("ready\n");
      return new Promise(() => {});
    case "stuck":
      return new Promise(() => {});
    case "leave-timer":
      setInterval(() => {}, 1000);
      return 3;
    case "throw-later":
      setTimeout(() => {
        throw new TypeError("nobody expected this");
      }, 1);
      return new Promise(() => {});
    case "count-stdin": {
      let bytes = 0;
      for await (const chunk of host.stdin) bytes += chunk.length;
      host.stdout.write(`${bytes}\n`);
      return 0;
    }
    case "wait-stdin": {
      host.stdout.write("ready\n");
      try {
        for await (const _ of host.stdin);
      } catch (error) {
        host.stdout.write(`${error instanceof Error ? error.message : error}\n`);
        return 130;
      }
      return 0;
    }
    case "flood-text":
      for (let line = 0; line < 200_000; line++) host.stdout.write(`line ${line}\n`);
      return 0;
    case "flood-bytes":
      for (let chunk = 0; chunk < 100; chunk++)
        await host.stdout.writeBytes(new Uint8Array(1_000_003).fill(chunk));
      return 0;
    default:
      return 1;
  }
});

import { Box, render, Text, useStderr } from "ink";
import { printable } from "../core/printable.ts";
import { displayWidth, truncateDisplay } from "./display_width.ts";
import type { ProgressView } from "./progress.ts";
import { type ProgressState, progressLine } from "./progress_meter.ts";
import type { Sink } from "./sink.ts";
import { terminalStream } from "./terminal_stream.ts";

/** Most objects that are shown by name. */
const RUNNING_MAX = 6;
const BAR_COLUMNS = 24;

/** Draws progress with ink, on the terminal of stderr. Load this file only when there is something to draw: ink takes 100 ms. */
export function openProgressView(stderr: Sink): ProgressView {
  const terminal = terminalStream(stderr);
  // What ink is to write above its drawing comes through the stream that it takes for stderr.
  let above: (() => void) | undefined;
  let writeAbove: ((data: string) => void) | undefined;
  const messages = terminalStream({ write: () => above?.() });

  const view = (state: ProgressState | undefined) => (
    <Progress
      state={state}
      columns={stderr.columns()}
      onWriter={(write) => {
        writeAbove = write;
      }}
    />
  );
  const app = render(view(undefined), {
    stdout: terminal,
    stderr: messages,
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: 10,
  });
  return {
    draw: (state) => app.rerender(view(state)),
    undrawn(write) {
      above = write;
      try {
        writeAbove?.("");
      } finally {
        above = undefined;
      }
    },
    async close(state) {
      app.rerender(view({ ...state, running: [], millisecondsLeft: undefined }));
      const exited = app.waitUntilExit();
      app.unmount();
      await exited;
    },
  };
}

interface ProgressProperties {
  readonly state: ProgressState | undefined;
  readonly columns: number;
  /** Given the function that writes above the drawing. */
  readonly onWriter: (write: (data: string) => void) => void;
}

function Progress({ state, columns, onWriter }: ProgressProperties) {
  onWriter(useStderr().write);
  return state === undefined ? null : <Lines state={state} columns={columns} />;
}

function Lines({ state, columns }: { readonly state: ProgressState; readonly columns: number }) {
  const bar = barText(state);
  const line = progressLine(state);
  const width = Math.max(1, columns - 1);
  const showBar = bar !== "" && displayWidth(line) + BAR_COLUMNS + 1 <= width;
  const shown = state.running.slice(0, RUNNING_MAX);
  const more = state.running.length - shown.length;
  return (
    <Box flexDirection="column">
      {shown.map((name) => (
        <Text key={name} wrap="truncate" dimColor>
          {truncateDisplay(`  ${printable(name)}`, width)}
        </Text>
      ))}
      {more > 0 ? <Text dimColor>{`  and ${more} more`}</Text> : null}
      <Text wrap="truncate">
        {showBar ? <Text color="green">{`${bar} `}</Text> : null}
        {truncateDisplay(line, width)}
      </Text>
    </Box>
  );
}

function barText(state: ProgressState): string {
  if (state.totalBytes === undefined || state.totalBytes === 0) return "";
  const filled = Math.min(BAR_COLUMNS, Math.floor((state.bytes * BAR_COLUMNS) / state.totalBytes));
  return "█".repeat(filled) + "░".repeat(BAR_COLUMNS - filled);
}

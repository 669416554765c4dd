import type { Progress } from "../commands/command.ts";
import { ProgressMeter, type ProgressState, progressLine } from "./progress_meter.ts";
import type { Sink } from "./sink.ts";

/** Quick work shows no display at all, and does not pay for loading one. */
const DISPLAY_DELAY_MS = 500;
/** Five redraws a second are smooth enough and leave the processor to the work. */
const REDRAW_MS = 200;
const LINE_MS = 10_000;

/** How progress is shown: redrawn on a terminal, as a line every ten seconds, or not at all. */
export type ProgressMode = "display" | "lines" | "none";

/** What draws on the terminal; ink in production. */
export interface ProgressView {
  draw(state: ProgressState): void;
  /** Runs `write` while the drawing is taken away, and puts it back below. */
  undrawn(write: () => void): void;
  /** Draws how it stands at the end, which stays, and ends. */
  close(state: ProgressState): Promise<void>;
}

/** What {@link createProgress} needs. */
export interface ProgressOptions {
  readonly stderr: Sink;
  /** Asked when a display starts. */
  readonly mode: () => ProgressMode;
  /** Loads what is needed to draw; the function it resolves to begins to draw. */
  readonly loadView: () => Promise<() => ProgressView>;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** All progress of one run. */
export interface ProgressHandle {
  start(total: { readonly objects?: number; readonly bytes?: number }): Progress;
  /** Runs `write` while nothing is drawn on the terminal. */
  undrawn(write: () => void): void;
  /** Ends whatever is still shown. */
  close(): Promise<void>;
}

/** A display that shows nothing. */
const NO_PROGRESS: Progress = { bytes() {}, object() {}, total() {}, end() {} };

/** Shows how far long work is, on stderr. Only one is shown at a time: one that starts while another runs shows nothing. */
export function createProgress(options: ProgressOptions): ProgressHandle {
  const now = options.now ?? (() => performance.now());
  let active: Progress | undefined;
  let view: ProgressView | undefined;
  let closing: Promise<void> = Promise.resolve();

  function startLines(meter: ProgressMeter): () => void {
    const timer = setInterval(() => options.stderr.write(`${progressLine(meter.sample())}\n`), LINE_MS);
    return () => clearInterval(timer);
  }

  function startDisplay(meter: ProgressMeter): () => void {
    let ended = false;
    let redraw: ReturnType<typeof setInterval> | undefined;
    const opening = setTimeout(async () => {
      // What cannot be drawn is no reason to stop the work.
      const open = await options.loadView().catch(() => undefined);
      if (open === undefined || ended) return;
      const opened = open();
      view = opened;
      opened.draw(meter.sample());
      redraw = setInterval(() => opened.draw(meter.sample()), REDRAW_MS);
    }, DISPLAY_DELAY_MS);
    return () => {
      ended = true;
      clearTimeout(opening);
      clearInterval(redraw);
      if (view !== undefined) closing = view.close(meter.sample());
      view = undefined;
    };
  }

  return {
    start(total) {
      const mode = options.mode();
      if (mode === "none" || active !== undefined) return NO_PROGRESS;
      const meter = new ProgressMeter(now);
      meter.total(total);
      const stop = mode === "display" ? startDisplay(meter) : startLines(meter);
      const progress: Progress = {
        bytes: (count) => meter.bytes(count),
        object: (name, state) => meter.object(name, state),
        total: (more) => meter.total(more),
        end() {
          if (active !== progress) return;
          active = undefined;
          stop();
        },
      };
      active = progress;
      return progress;
    },
    undrawn(write) {
      if (view === undefined) write();
      else view.undrawn(write);
    },
    async close() {
      active?.end();
      await closing;
    },
  };
}

import { Box, render, Text, useInput } from "ink";
import { useEffect, useRef, useState } from "react";
import type { Question } from "../commands/command.ts";
import { JcsError, toJcsError } from "../core/errors.ts";
import type { Sink } from "./sink.ts";
import { terminalStream } from "./terminal_stream.ts";

/** Asks one question on the terminal, drawn on stderr; resolves to the answer. Throws `Cancelled` at Ctrl-C or when `signal` is aborted. */
export async function ask(
  question: Question,
  options: { readonly stderr: Sink; readonly signal: AbortSignal },
): Promise<string> {
  options.signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const stop = () => reject(toJcsError(options.signal.reason));
  options.signal.addEventListener("abort", stop, { once: true });
  // Before the question is drawn: what is typed as soon as it shows must not be echoed.
  setRaw(true);
  const app = render(
    <Prompt
      question={question}
      onAnswer={resolve}
      onCancel={() => reject(new JcsError("Cancelled", "Stopped: interrupted"))}
    />,
    { stdout: terminalStream(options.stderr), exitOnCtrlC: false, patchConsole: false },
  );
  const exited = app.waitUntilExit();
  try {
    return await promise;
  } finally {
    options.signal.removeEventListener("abort", stop);
    app.unmount();
    await exited;
    setRaw(false);
  }
}

function setRaw(isRaw: boolean): void {
  if (process.stdin.isTTY) process.stdin.setRawMode(isRaw);
}

/** The line after `input` was typed at its end. What is pasted or typed quickly comes in one piece, with its control characters. */
export function typeInto(
  before: string,
  input: string,
): { readonly line: string; readonly isEnded: boolean } {
  let line = before;
  for (const character of input) {
    if (character === "\r" || character === "\n") return { line, isEnded: true };
    if (character === "\u0015") line = "";
    else if (character === "\u007f" || character === "\b") line = Array.from(line).slice(0, -1).join("");
    else if (!/\p{Control}/u.test(character)) line += character;
  }
  return { line, isEnded: false };
}

interface PromptProperties {
  readonly question: Question;
  readonly onAnswer: (answer: string) => void;
  readonly onCancel: () => void;
}

function Prompt({ question, onAnswer, onCancel }: PromptProperties) {
  const [text, draw] = useState("");
  // Keys may come faster than lines are drawn: each continues what the one before has left, not what was drawn last.
  const typed = useRef("");
  const [problem, setProblem] = useState<string>();
  const [final, setFinal] = useState<string>();
  const isDone = final !== undefined;

  // After it is drawn: the answer stays on the screen.
  useEffect(() => {
    if (final !== undefined) onAnswer(final);
  }, [final, onAnswer]);

  function setText(line: string): void {
    typed.current = line;
    draw(line);
  }

  function submit(line: string): void {
    const given = line === "" ? (question.default ?? "") : line;
    const found = question.check?.(given);
    setProblem(found);
    if (found === undefined) setFinal(given);
  }

  useInput((input, key) => {
    if (isDone) return;
    if (key.ctrl && input === "c") onCancel();
    else if (key.ctrl && input === "u") setText("");
    else if (key.return) submit(typed.current);
    else if (key.backspace || key.delete) setText(Array.from(typed.current).slice(0, -1).join(""));
    else if (!key.ctrl && !key.meta && !key.escape) {
      const { line, isEnded } = typeInto(typed.current, input);
      setText(line);
      if (isEnded) submit(line);
    }
  });

  const shown = question.secret === true ? "•".repeat(Array.from(final ?? text).length) : (final ?? text);
  const hint = text === "" && !isDone && question.default !== undefined ? question.default : "";
  return (
    <Box flexDirection="column">
      <Text>
        <Text bold>{question.prompt} </Text>
        {shown}
        {isDone ? null : <Text inverse>{hint.charAt(0) || " "}</Text>}
        <Text dimColor>{hint.slice(1)}</Text>
      </Text>
      {problem === undefined ? null : <Text color="red">{problem}</Text>}
    </Box>
  );
}

// Starting programs: their environment, their signals, their exit codes, and what the user sees meanwhile. Plain
// JavaScript without dependencies, as everything that runs before the installation.

import { spawn } from "node:child_process";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

export const LOG = path.join(ROOT, ".node", "install.log");
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
const QUIET_PROGRESS_MS = 10_000;
/** npm ignores Ctrl-C while it unpacks; what it leaves half done is replaced as a whole by the next run. */
const KILL_GRACE_MS = 1_500;

/** The value in a JSON file, or undefined if there is none that can be read. */
export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** A failure the user can act on: the message is one sentence, printed without a stack. */
export class SetupError extends Error {
  exitCode = 1;
}

class InterruptedError extends SetupError {
  constructor(signal) {
    super(`interrupted by ${signal}; run the same command again.`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** Runs a program's main function and leaves with the exit code it returns, or with a sentence when setup failed. */
export async function runMain(main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = error.exitCode;
  }
}

/** Progress goes to stderr, so that stdout carries only what the command prints. */
export function say(message) {
  process.stderr.write(`hedgerow: ${message}\n`);
}

/** The environment of every command: the pinned Node and the tools of node_modules first, no experimental warnings. */
export function environment(node) {
  const { PATH = "", NODE_OPTIONS = "" } = process.env;
  const first = [path.dirname(node), path.join(ROOT, "node_modules", ".bin")].join(path.delimiter);
  const quiet = "--disable-warning=ExperimentalWarning";
  return {
    ...process.env,
    PATH: PATH.startsWith(first) ? PATH : [first, PATH].join(path.delimiter),
    NODE_OPTIONS: NODE_OPTIONS.includes(quiet) ? NODE_OPTIONS : `${NODE_OPTIONS} ${quiet}`.trim(),
    HARDHAT_DISABLE_TELEMETRY: "true",
  };
}

/**
 * Runs a command in the foreground and resolves to its exit code; a signal that ended it counts as 128 + number. With
 * `mapLine` its standard output passes through that function line by line.
 */
export function runCommand(command, args, { cwd = process.cwd(), env = environment(process.execPath), mapLine } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["inherit", mapLine ? "pipe" : "inherit", "inherit"] });
    if (mapLine) createInterface(child.stdout).on("line", (line) => process.stdout.write(`${mapLine(line)}\n`));
    // A terminal sends Ctrl-C to the child as well; sending it twice would look like an impatient user.
    const isTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
    let interruptedAt = 0;
    const forward = (signal) => {
      if (signal === "SIGINT") {
        const isRepeat = Date.now() - interruptedAt < 1_000;
        interruptedAt = Date.now();
        if (isTerminal || isRepeat) return;
      }
      child.kill(signal);
    };
    for (const signal of SIGNALS) process.on(signal, forward);
    child.on("error", (error) => reject(new SetupError(`cannot start ${command} (${error.code}).`)));
    child.on("close", (code, signal) => {
      for (const name of SIGNALS) process.off(name, forward);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** The output of a short command, or undefined if it does not start. */
export function readOutput(command, args) {
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
    child.stdout.on("data", (chunk) => (output += chunk));
    child.on("error", () => resolve(undefined));
    child.on("close", () => resolve(output.trim()));
  });
}

/**
 * Runs a command with its output kept in the log, and shows how long it has been going. A failure becomes the sentence
 * that `describe` makes of the output; `onWorker` hears the process id while there is one.
 */
export async function runQuietly(command, args, { cwd, env, title, describe, onWorker }) {
  const startedAt = Date.now();
  const seconds = () => `${Math.round((Date.now() - startedAt) / 1_000)} s`;
  const isLive = process.stderr.isTTY === true;
  const tick = () =>
    isLive ? process.stderr.write(`\rhedgerow: ${title}… ${seconds()} `) : say(`${title}… ${seconds()}`);
  if (isLive) tick();
  else say(`${title}…`);
  const ticker = setInterval(tick, isLive ? 1_000 : QUIET_PROGRESS_MS);

  let output = "";
  let interruption;
  let killTimer;
  writeFileSync(LOG, `${title}\n`);
  const child = spawn(command, args, { cwd, env: env ?? environment(command), stdio: ["ignore", "pipe", "pipe"] });
  onWorker(child.pid);
  const interrupt = (signal) => {
    interruption ??= signal;
    child.kill("SIGTERM");
    killTimer ??= setTimeout(() => child.kill("SIGKILL"), KILL_GRACE_MS);
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  const collect = (chunk) => {
    output += chunk;
    appendFileSync(LOG, chunk);
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  try {
    const code = await new Promise((resolve, reject) => {
      child.on("error", (error) => reject(new SetupError(`cannot start ${command} (${error.code}).`)));
      child.on("close", resolve);
    });
    if (isLive) process.stderr.write("\r\u001b[K");
    if (interruption !== undefined) throw new InterruptedError(interruption);
    if (code !== 0) throw new SetupError(describe(output));
    say(`${title}: done in ${seconds()}`);
  } finally {
    clearInterval(ticker);
    clearTimeout(killTimer);
    onWorker(undefined);
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
}

import { setTimeout as delay } from "node:timers/promises";

import { Command, CommanderError } from "commander";

import packageJson from "../package.json" with { type: "json" };
import { HedgerowError } from "../sdk/errors.ts";
import { addAdminCommand } from "./commands/admin.ts";
import { addBacktestCommand } from "./commands/backtest.ts";
import { addCancelCommand } from "./commands/cancel.ts";
import { addClaimCommand } from "./commands/claim.ts";
import { addDemoCommand } from "./commands/demo.ts";
import { addDeployCommand } from "./commands/deploy.ts";
import { addDepositCommand } from "./commands/deposit.ts";
import { addExitCommand } from "./commands/exit.ts";
import { addExportCommand } from "./commands/export.ts";
import { addKeeperCommand } from "./commands/keeper.ts";
import { addKeystoreCommand } from "./commands/keystore.ts";
import { addPerpCommand } from "./commands/perp.ts";
import { addPlanCommand } from "./commands/plan.ts";
import { addPositionCommand } from "./commands/position.ts";
import { addPreflightCommand } from "./commands/preflight.ts";
import { addRedeemCommand } from "./commands/redeem.ts";
import { addSimulateCommand } from "./commands/simulate.ts";
import { addStatusCommand } from "./commands/status.ts";
import { addStripCommand } from "./commands/strip.ts";
import { addSweepCommand } from "./commands/sweep.ts";
import { addVaultCommand } from "./commands/vault.ts";
import { addVerifyCommand } from "./commands/verify.ts";
import type { CommandContext } from "./context.ts";
import { readEnvironment } from "./env.ts";
import type { Environment } from "./env.ts";
import { createOutput } from "./output.ts";
import type { OutputStreams } from "./output.ts";

/** Exit codes: done; refused or failed; ended by Ctrl-C (128 + SIGINT); ended by SIGTERM (128 + SIGTERM). */
export const EXIT = { done: 0, failed: 1, interrupted: 130, terminated: 143 } as const;

/** How long a command may take to tidy up after Ctrl-C. */
const GRACE_MS = 5_000;

/** Everything `runCli` needs from the process, so that a test can bring its own. */
export interface CliHost {
  readonly environment: Environment;
  readonly streams: Omit<OutputStreams, "noColor">;
  readonly signal: AbortSignal;
}

/**
 * Runs the `hedgerow` command.
 *
 * @param args Arguments after the program's name.
 * @returns The exit code; a failure was reported on stderr in one sentence.
 */
export async function runCli(args: readonly string[], host: CliHost): Promise<number> {
  const { environment, signal } = host;
  const output = createOutput({ ...host.streams, noColor: environment.noColor });
  const program = buildProgram({ environment, output, signal }, host.streams);
  try {
    const aborted = new Promise<never>((_, reject) => {
      const giveUp = (): void =>
        void delay(GRACE_MS, undefined, { ref: false }).then(() => reject(new Error("aborted")));
      if (signal.aborted) giveUp();
      else signal.addEventListener("abort", giveUp, { once: true });
    });
    await Promise.race([program.parseAsync([...args], { from: "user" }), aborted]);
    return signal.aborted ? EXIT.interrupted : EXIT.done;
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted;
    if (error instanceof CommanderError) {
      if (error.exitCode !== 0 && error.code !== "commander.help") output.error(describeUsage(error, args, program));
      return error.exitCode;
    }
    output.error(`hedgerow: ${describeFailure(error)}`);
    if (environment.debug && error instanceof Error) output.error(error.stack ?? "");
    else if (!(error instanceof HedgerowError)) output.error("Set HEDGEROW_DEBUG=1 to see where this happened.");
    return EXIT.failed;
  }
}

function buildProgram(context: CommandContext, streams: CliHost["streams"]): Command {
  const program = new Command("hedgerow");
  program
    .description("Vaults that earn Uniswap v3 fees without the price bet.")
    .version(packageJson.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void streams.stdout.write(text),
      writeErr: (text) => void streams.stderr.write(text),
      outputError: () => undefined, // runCli reports it
    })
    .showSuggestionAfterError(true);
  addDemoCommand(program, context);
  addBacktestCommand(program, context);
  addKeystoreCommand(program, context);
  addDeployCommand(program, context);
  addPreflightCommand(program, context);
  addVerifyCommand(program, context);
  addStatusCommand(program, context);
  addVaultCommand(program, context);
  addDepositCommand(program, context);
  addRedeemCommand(program, context);
  addClaimCommand(program, context);
  addCancelCommand(program, context);
  addExitCommand(program, context);
  addPerpCommand(program, context);
  addExportCommand(program, context);
  addKeeperCommand(program, context);
  addAdminCommand(program, context);
  addPositionCommand(program, context);
  addPlanCommand(program, context);
  addStripCommand(program, context);
  addSimulateCommand(program, context);
  addSweepCommand(program, context);
  return program;
}

/** Commander's message as one line, with where to read on. */
function describeUsage(error: CommanderError, args: readonly string[], program: Command): string {
  const message = error.message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ");
  const named = args.find((arg) => program.commands.some((command) => command.name() === arg));
  const help = named === undefined ? "hedgerow --help" : `hedgerow ${named} --help`;
  return `hedgerow: ${message}${/[.)]$/.test(message) ? "" : "."} See "${help}".`;
}

function describeFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message === "" ? "it failed without saying why" : message.replaceAll(/\s*\n\s*/g, " ");
}

/** Runs the command on this process: Ctrl-C asks it to end, a second one ends it. */
async function main(): Promise<void> {
  const controller = new AbortController();
  let code: number | undefined;
  const interrupt = (exitCode: number) => (): void => {
    if (controller.signal.aborted) process.exit(exitCode);
    code = exitCode;
    controller.abort();
  };
  process.on("SIGINT", interrupt(EXIT.interrupted));
  process.on("SIGTERM", interrupt(EXIT.terminated));
  // A reader such as `head` that has seen enough is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) =>
    process.exit(error.code === "EPIPE" ? EXIT.done : EXIT.failed),
  );
  const result = await runCli(process.argv.slice(2), {
    environment: readEnvironment(),
    streams: { stdout: process.stdout, stderr: process.stderr },
    signal: controller.signal,
  });
  process.exit(code ?? result);
}

if (import.meta.main) await main();

import type { Environment } from "./env.ts";
import type { Output } from "./output.ts";

/** What every subcommand gets from the program. */
export interface CommandContext {
  readonly environment: Environment;
  readonly output: Output;
  /** Given when the user wants out. */
  readonly signal: AbortSignal;
}

import { HedgerowError } from "../sdk/errors.ts";

/** Something the user can put right; the message is one sentence or two and says how. */
export class UsageError extends HedgerowError {}

/** The user pressed Ctrl-C, or the process was asked to end. */
export class InterruptedError extends HedgerowError {
  constructor() {
    super("interrupted");
  }
}

/** Throws {@link InterruptedError} once the signal was given. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new InterruptedError();
}

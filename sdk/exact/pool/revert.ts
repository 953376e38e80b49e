import { HedgerowError } from "../../errors.ts";

/**
 * Why the pool reverts. Capitals are the strings of UniswapV3Pool; words stand for the requirements that it has no string for.
 *
 * - `LOK` not initialised, `AI` initialised already, `R` price outside the bounds;
 * - `TLU` range upside down, `TLM`/`TUM` tick below or above the bounds, `LO` too much liquidity on one tick;
 * - `LS`/`LA` liquidity below zero or beyond 128 bits, `NP` nothing to poke;
 * - `AS` no amount given, `SPL` price limit on the wrong side, `OLD` observation forgotten, `I` no observation at all;
 * - `tick spacing`, `zero liquidity`, `fee protocol`, `cast` the bare requirements.
 */
export type PoolRevertReason =
  | "LOK"
  | "AI"
  | "R"
  | "TLU"
  | "TLM"
  | "TUM"
  | "LO"
  | "LS"
  | "LA"
  | "NP"
  | "AS"
  | "SPL"
  | "OLD"
  | "I"
  | "tick spacing"
  | "zero liquidity"
  | "fee protocol"
  | "cast";

/** The genuine pool would revert. Nothing was changed; `values` are what the requirement compared, by name. */
export class PoolRevertError extends HedgerowError {
  readonly reason: PoolRevertReason;
  readonly values: Readonly<Record<string, bigint | number | boolean>>;

  constructor(reason: PoolRevertReason, values: Readonly<Record<string, bigint | number | boolean>> = {}) {
    const figures = Object.entries(values).map(([name, value]) => `${name} ${value}`);
    super(`The pool reverts (${reason})${figures.length === 0 ? "" : `: ${figures.join(", ")}`}.`);
    this.reason = reason;
    this.values = values;
  }
}

/**
 * What a reader may put right when the user asks for it. Without it every fault is refused.
 *
 * - `maxGapHours`: longest gap that is filled, with bars that stand still at the last close or a payment at the mean of its neighbours.
 */
export interface RepairOptions {
  readonly maxGapHours: number;
}

/** One thing that was put right: rows put in order, rows dropped as copies, gaps filled, offsets taken to UTC. */
export interface DataRepair {
  readonly file: string;
  readonly kind: "sorted" | "duplicate" | "gap" | "offset";
  /** Rows that this concerns: moved, dropped, added or converted. */
  readonly rows: number;
  /** Line of the file, or row where it has none, at which it begins. */
  readonly line: number;
  readonly text: string;
}

/** Longest gap that a repair fills unless told otherwise. */
export const DEFAULT_REPAIR: RepairOptions = { maxGapHours: 6 };

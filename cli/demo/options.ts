/** Where the demo's vault is short: a loan, a perpetual, or whichever of both costs less. */
export const DEMO_HEDGES = ["aave", "gmx", "best"] as const;
export type DemoHedge = (typeof DEMO_HEDGES)[number];

/** Usual price of gas where the venue is: Ethereum for Aave, Arbitrum for GMX. */
export const USUAL_GAS_PRICE_GWEI = { aave: 2, gmx: 0.1, best: 0.1 } as const satisfies Record<DemoHedge, number>;

/** What the user asks the demo for, as commander hands it over. */
export interface DemoOptions {
  readonly prices?: string;
  /** Unix seconds. */
  readonly from?: number;
  readonly hours?: number;
  readonly stepsPerHour: number;
  readonly deposit: string;
  readonly width: number;
  /** False: the vault stays in the pool even when fees do not pay for the hedge. */
  readonly feeGate: boolean;
  readonly hedge: DemoHedge;
  readonly gasPriceGwei?: number;
  readonly turnover: number;
  readonly seed?: number;
  readonly speed?: number;
  readonly headless?: true;
  readonly once?: true;
  /** A file, or true for stdout. */
  readonly json?: string | true;
  readonly out: string;
  readonly rpcPort: number;
  readonly dashboardPort: number;
}

/** Hours of market that replay in well under a minute. */
export const DEFAULT_HOURS = 168;
export const DEFAULT_SEED = 7;

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
  readonly gasPriceGwei: number;
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

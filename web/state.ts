/** What the page shows; `/state.json` is exactly this. Times are unix seconds, amounts whole tokens. */
export interface DashboardState {
  /** `replaying`: the market runs; `serving`: it is over and the chain waits for visitors. */
  readonly phase: "starting" | "replaying" | "serving";
  readonly subtitle: string;
  readonly units: { readonly base: string; readonly quote: string };
  readonly progress: { readonly done: number; readonly total: number };
  /** Name and value, ready to be read. */
  readonly figures: readonly (readonly [name: string, value: string])[];
  /** P&L since the start, one value an hour. */
  readonly equity: {
    readonly timestamps: readonly number[];
    readonly vault: readonly number[];
    readonly unhedged: readonly number[];
    readonly hold: readonly number[];
  };
  readonly track: readonly {
    readonly timestamp: number;
    readonly price: number;
    readonly deltaBase: number;
    readonly triggerBase: number | null;
    readonly priceLower: number | null;
    readonly priceUpper: number | null;
  }[];
  readonly trades: readonly { readonly timestamp: number; readonly price: number; readonly decision: string }[];
}

/** What a person should look at. Each code is stable; the text carries the figures. */
export type AlertCode =
  | "priced-out"
  | "insufficient-funds"
  | "send-refused"
  | "promise-broken"
  | "transaction-reverted"
  | "unverifiable"
  | "superseded"
  | "reorganised"
  | "stale-head"
  | "future-block"
  | "lagging-node"
  | "guard-refused"
  | "vault-unreadable"
  | "simulation-reverts"
  | "hedge-lost"
  | "order-cancelled"
  | "order-overdue";

export interface Alert {
  readonly code: AlertCode;
  readonly text: string;
  readonly vault?: string;
  readonly intentId?: number;
}

import { z } from "zod";

import type { Attempt, Intent, StoredFlow, StoredPrice, TickEntry } from "./intents.ts";
import type { MinedAt } from "./rpc.ts";
import { fromJson } from "./serialise.ts";

/*
 * Rows of the journal as the keeper's values. A row that is not of the schema's form throws: a journal that cannot be
 * understood must not be acted on.
 */

const INTENT_ROW = z.object({
  id: z.number(),
  created_at_ms: z.number(),
  chain_id: z.string(),
  signer: z.string(),
  vault: z.string(),
  action: z.enum(["rebalance", "reconcile", "settle"]),
  risk_reducing: z.number(),
  data: z.string(),
  gas_limit: z.string(),
  valid_until: z.number(),
  block_number: z.number(),
  block_hash: z.string(),
  decision: z.string(),
  plan: z.string(),
  before: z.string(),
  nonce: z.number(),
  state: z.enum(["reserved", "signed", "broadcast", "confirmed", "abandoned", "expired", "superseded"]),
  note: z.string(),
  mined_hash: z.string().nullable(),
  mined_block_number: z.number().nullable(),
  mined_block_hash: z.string().nullable(),
  mined_succeeded: z.number().nullable(),
  gas_used: z.string().nullable(),
  effective_gas_price: z.string().nullable(),
  outcome: z.string().nullable(),
});

const ATTEMPT_ROW = z.object({
  hash: z.string(),
  raw: z.string(),
  max_fee: z.string(),
  max_priority_fee: z.string(),
  signed_at_ms: z.number(),
  broadcast_at_ms: z.number().nullable(),
});

const TICK_ROW = z.object({
  at_ms: z.number(),
  vault: z.string(),
  block_number: z.number().nullable(),
  block_hash: z.string().nullable(),
  kind: z.string(),
  detail: z.string(),
});

const PRICE_ROW = z.object({ timestamp: z.number(), price_wad: z.string() });

const FLOW_ROW = z.object({
  timestamp: z.number(),
  pool: z.string(),
  fee_growth_0: z.string(),
  fee_growth_1: z.string(),
  price_wad: z.string(),
  mark: z.string(),
  debt_base: z.string(),
  margin_quote: z.string(),
});

/** One row of `attempts`. */
export function toAttempt(raw: Record<string, unknown>): Attempt {
  const row = ATTEMPT_ROW.parse(raw);
  return {
    hash: row.hash,
    raw: row.raw,
    maxFeePerGas: BigInt(row.max_fee),
    maxPriorityFeePerGas: BigInt(row.max_priority_fee),
    signedAtMs: row.signed_at_ms,
    broadcastAtMs: row.broadcast_at_ms ?? undefined,
  };
}

function toMined(row: z.infer<typeof INTENT_ROW>): MinedAt | undefined {
  const { mined_hash, mined_block_number, mined_block_hash, mined_succeeded, gas_used, effective_gas_price } = row;
  if (
    mined_hash === null ||
    mined_block_number === null ||
    mined_block_hash === null ||
    mined_succeeded === null ||
    gas_used === null ||
    effective_gas_price === null
  ) {
    return undefined;
  }
  return {
    hash: mined_hash,
    blockNumber: mined_block_number,
    blockHash: mined_block_hash,
    succeeded: mined_succeeded === 1,
    gasUsed: BigInt(gas_used),
    effectiveGasPrice: BigInt(effective_gas_price),
  };
}

/** One row of `intents`, with the rows of its attempts. */
export function toIntent(raw: Record<string, unknown>, attempts: readonly Attempt[]): Intent {
  const row = INTENT_ROW.parse(raw);
  return {
    id: row.id,
    createdAtMs: row.created_at_ms,
    chainId: BigInt(row.chain_id),
    signer: row.signer,
    vault: row.vault,
    action: row.action,
    riskReducing: row.risk_reducing === 1,
    data: row.data,
    gasLimit: BigInt(row.gas_limit),
    validUntil: row.valid_until,
    blockNumber: row.block_number,
    blockHash: row.block_hash,
    decision: fromJson(row.decision),
    plan: fromJson(row.plan),
    before: fromJson(row.before),
    nonce: row.nonce,
    state: row.state,
    note: row.note,
    attempts,
    mined: toMined(row),
    outcome: row.outcome === null ? undefined : fromJson(row.outcome),
  };
}

/** One row of `ticks`. */
export function toTickEntry(raw: Record<string, unknown>): TickEntry {
  const row = TICK_ROW.parse(raw);
  return {
    atMs: row.at_ms,
    vault: row.vault,
    blockNumber: row.block_number ?? undefined,
    blockHash: row.block_hash ?? undefined,
    kind: row.kind,
    detail: fromJson(row.detail),
  };
}

/** One row of `prices`. */
export function toStoredPrice(raw: Record<string, unknown>): StoredPrice {
  const row = PRICE_ROW.parse(raw);
  return { timestampSeconds: row.timestamp, priceWad: BigInt(row.price_wad) };
}

/** One row of `flows`. */
export function toStoredFlow(raw: Record<string, unknown>): StoredFlow {
  const row = FLOW_ROW.parse(raw);
  return {
    timestampSeconds: row.timestamp,
    pool: row.pool,
    feeGrowth0X128: BigInt(row.fee_growth_0),
    feeGrowth1X128: BigInt(row.fee_growth_1),
    priceWad: BigInt(row.price_wad),
    mark: row.mark,
    debtBase: BigInt(row.debt_base),
    marginQuote: BigInt(row.margin_quote),
  };
}

import type { BigNumberish, ContractTransactionReceipt, Interface, LogDescription, Signer } from "ethers";

import type { LocalChain } from "../../localnet/chain.ts";
import type { Twin } from "../../localnet/twin.ts";
import { policyContract, vaultInterface } from "../../sdk/chain/contracts.ts";
import type { PolicyParams, RangeState } from "../../sdk/policy/types.ts";
import type { VaultWorld } from "./world.ts";

/** More than anybody promises or owns. */
export const UNLIMITED = (1n << 200n) - 1n;

type Ticks = Pick<RangeState, "tickLower" | "tickUpper">;

/** One step of a plan, written by hand. */
export interface ActionInput {
  readonly kind: number;
  readonly hedgeIndex?: number;
  readonly range?: Ticks;
  readonly amount?: bigint;
  readonly marginQuote?: bigint;
}

export const remove = (range: RangeState, amount = range.liquidity): ActionInput => ({ kind: 0, range, amount });
export const add = (range: Ticks, amount: bigint): ActionInput => ({ kind: 1, range, amount });
export const adjust = (hedgeIndex: number, amount: bigint, marginQuote = 0n): ActionInput => ({
  kind: 2,
  hedgeIndex,
  amount,
  marginQuote,
});
export const swap = (amount: bigint): ActionInput => ({ kind: 3, amount });

/** Sends a plan written by hand, by default as the keeper and with a promise that everything keeps. */
export async function rebalance(
  world: VaultWorld<LocalChain>,
  actions: readonly ActionInput[],
  overrides: {
    readonly by?: Signer;
    readonly expectedEpoch?: bigint;
    readonly maxResidualDeltaBase?: bigint;
    readonly maxLossQuote?: bigint;
  } = {},
): Promise<ContractTransactionReceipt> {
  const sent = await world.vault.connect(overrides.by ?? world.keeper).rebalance(
    actions.map((action) => ({
      kind: action.kind,
      hedgeIndex: action.hedgeIndex ?? 0,
      tickLower: action.range?.tickLower ?? 0,
      tickUpper: action.range?.tickUpper ?? 0,
      amount: action.amount ?? 0n,
      marginQuote: action.marginQuote ?? 0n,
    })),
    {
      expectedEpoch: overrides.expectedEpoch ?? (await world.vault.epoch()),
      deadline: 2n ** 48n - 1n,
      maxResidualDeltaBase: overrides.maxResidualDeltaBase ?? UNLIMITED,
      maxLossQuote: overrides.maxLossQuote ?? UNLIMITED,
    },
  );
  return confirmed(await sent.wait());
}

/** The only range that the vault holds. */
export async function rangeHeld(world: VaultWorld): Promise<RangeState> {
  const [range, ...others] = (await world.snapshot()).vault.ranges;
  if (range === undefined || others.length > 0) throw new Error("the vault does not hold exactly one range");
  return range;
}

/** Changes some bounds, as the owner. */
export async function setParams(world: VaultWorld, changes: Partial<PolicyParams>): Promise<void> {
  const { params } = (await world.snapshot()).vault.policy;
  const policy = policyContract(world.addresses.policy, world.admin);
  await (await policy.setParams({ ...params, ...changes })).wait();
}

/** Events of one name that a contract emitted in a transaction; of the vault where no other is named. */
export function eventsOf(
  receipt: ContractTransactionReceipt,
  name: string,
  abi: Interface = vaultInterface,
): readonly LogDescription[] {
  return receipt.logs.flatMap((log) => {
    const parsed = abi.parseLog(log);
    return parsed?.name === name ? [parsed] : [];
  });
}

/** The one event of that name. */
export function eventOf(
  receipt: ContractTransactionReceipt,
  name: string,
  abi: Interface = vaultInterface,
): LogDescription {
  const [event, ...others] = eventsOf(receipt, name, abi);
  if (event === undefined || others.length > 0) throw new Error(`${name} was not emitted exactly once`);
  return event;
}

/** A mined transaction's receipt. */
export function confirmed(receipt: unknown): ContractTransactionReceipt {
  if (receipt === null || receipt === undefined) throw new Error("no receipt");
  return receipt as ContractTransactionReceipt;
}

/** Reports both feeds as they are, so that none is stale. */
export async function refreshFeeds(world: VaultWorld, baseUsd: number): Promise<void> {
  await world.actors.pushOracle({ baseUsd, quoteUsd: 1 });
}

/** Mines the call in a block of exactly this time. Nothing is estimated beforehand, so that time cannot pass. */
export async function sendAt<T extends { wait(): Promise<unknown> }>(
  twin: Twin,
  timestampSeconds: number,
  call: (overrides: { readonly gasLimit: BigNumberish }) => Promise<T>,
): Promise<ContractTransactionReceipt> {
  await twin.setNextTimestamp(timestampSeconds);
  return confirmed(await (await call({ gasLimit: 15_000_000n })).wait());
}

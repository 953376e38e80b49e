import { Transaction, getAddress } from "ethers";

import { vaultInterface } from "../sdk/chain/contracts.ts";
import { HedgerowError } from "../sdk/errors.ts";
import type { Fees } from "./fees.ts";

/** Calls that the keeper may make; everything else is refused. */
export type GuardedAction = "rebalance" | "reconcile" | "settle";

/** A call that the guard let through. */
export interface GuardedCall {
  readonly vault: string;
  readonly action: GuardedAction;
}

/** A transaction before it is signed; the value is always zero. */
export interface UnsignedTransaction extends Fees {
  readonly chainId: bigint;
  readonly nonce: number;
  readonly to: string;
  readonly data: string;
  readonly gasLimit: bigint;
}

/** What the guard holds every signature against. */
export interface GuardRules {
  readonly chainId: bigint;
  readonly signer: string;
  /** The only permitted targets. */
  readonly vaults: readonly string[];
  /** No transaction may offer more than this, whatever its purpose. */
  readonly highestFeePerGas: bigint;
}

/** The keeper was asked to sign or send something it is not made for. This is an alarm, not a retry. */
export class GuardRefusedError extends HedgerowError {
  readonly field: string;
  readonly value: string;

  constructor(field: string, value: string, requirement: string) {
    super(`The guard refuses to send: ${field} is ${value}; it must ${requirement}.`);
    this.field = field;
    this.value = value;
  }
}

/** Functions of the vault that the keeper may call, and what each is for. */
const FUNCTIONS = {
  rebalance: "rebalance",
  reconcile: "reconcile",
  settle: "settle",
  settleShares: "settle",
} as const satisfies Record<string, GuardedAction>;

type GuardedFunction = keyof typeof FUNCTIONS;

const FUNCTION_BY_SELECTOR: ReadonlyMap<string, GuardedFunction> = new Map(
  (Object.keys(FUNCTIONS) as GuardedFunction[]).map((name) => [selectorOf(name), name]),
);

/** Refuses a call unless its target is a configured vault and its bytes are exactly one of the permitted calls. */
export function requireAllowedCall(rules: GuardRules, to: string, data: string): GuardedCall {
  const vault = rules.vaults.find((known) => getAddress(known) === getAddress(to));
  if (vault === undefined) throw new GuardRefusedError("target", to, "be a configured vault");
  const name = FUNCTION_BY_SELECTOR.get(data.slice(0, 10).toLowerCase());
  if (name === undefined) {
    throw new GuardRefusedError("selector", data.slice(0, 10), `be one of ${Object.keys(FUNCTIONS).join(", ")}`);
  }
  if (!isExactEncoding(name, data)) {
    throw new GuardRefusedError("calldata", `${data.slice(0, 20)}…`, `be the exact encoding of ${name}(…)`);
  }
  return { vault, action: FUNCTIONS[name] };
}

/**
 * Parses signed bytes back and refuses them unless they are the transaction that was meant, from the signer that was
 * meant, and nothing besides.
 *
 * @returns The hash of the transaction.
 */
export function requireAllowedBytes(rules: GuardRules, raw: string, meant: UnsignedTransaction): string {
  const tx = parse(raw);
  const expect = (field: string, actual: unknown, expected: unknown): void => {
    if (actual !== expected) throw new GuardRefusedError(field, String(actual), `be ${String(expected)}`);
  };
  expect("type", tx.type, 2);
  expect("chainId", tx.chainId, rules.chainId);
  expect("signer", tx.from, getAddress(rules.signer));
  expect("value", tx.value, 0n);
  if (tx.to === null) throw new GuardRefusedError("target", "a contract creation", "be a configured vault");
  requireAllowedCall(rules, tx.to, tx.data);
  expect("target", tx.to, getAddress(meant.to));
  expect("calldata", tx.data, meant.data.toLowerCase());
  expect("nonce", tx.nonce, meant.nonce);
  expect("gasLimit", tx.gasLimit, meant.gasLimit);
  expect("maxFeePerGas", tx.maxFeePerGas, meant.maxFeePerGas);
  expect("maxPriorityFeePerGas", tx.maxPriorityFeePerGas, meant.maxPriorityFeePerGas);
  expect("accessList", tx.accessList?.length ?? 0, 0);
  if (meant.maxFeePerGas > rules.highestFeePerGas) {
    throw new GuardRefusedError("maxFeePerGas", String(meant.maxFeePerGas), `be at most ${rules.highestFeePerGas}`);
  }
  if (tx.hash === null) throw new GuardRefusedError("signature", "missing", "be present");
  return tx.hash;
}

function parse(raw: string): Transaction {
  try {
    return Transaction.from(raw);
  } catch {
    throw new GuardRefusedError("signed bytes", `${raw.slice(0, 20)}…`, "be a transaction");
  }
}

/** Decoding ignores what follows the arguments; encoding again shows whether anything did. */
function isExactEncoding(name: GuardedFunction, data: string): boolean {
  try {
    const values = vaultInterface.decodeFunctionData(name, data);
    return vaultInterface.encodeFunctionData(name, [...values]) === data.toLowerCase();
  } catch {
    return false;
  }
}

function selectorOf(name: GuardedFunction): string {
  const fragment = vaultInterface.getFunction(name);
  if (fragment === null) throw new GuardRefusedError("vault ABI", name, "declare this function; build the contracts");
  return fragment.selector;
}

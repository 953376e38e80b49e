import { getAddress, Interface, type Result } from "ethers";

import type { PolicyParams } from "../policy/types.ts";
import { accessInterface } from "./access.ts";
import { artifacts, vaultInterface } from "./contracts.ts";
import { toParams } from "./vaultSettings.ts";

/** Contracts that the roles of one vault guard. */
export interface GuardedParts {
  readonly vault: string;
  readonly policy: string;
  readonly authority: string;
}

/** Which of them a call goes to. */
export type GuardedPart = keyof GuardedParts;

/** A call by its name and arguments. */
export interface DecodedCall {
  readonly part: GuardedPart;
  readonly name: string;
  readonly args: Result;
  /** `setDepositCap(capQuote 5)`. */
  readonly text: string;
}

export const policyInterface = new Interface(artifacts.riskPolicy.abi);

const INTERFACES: Readonly<Record<GuardedPart, Interface>> = {
  vault: vaultInterface,
  policy: policyInterface,
  authority: accessInterface,
};

/** Calldata for a function of one of the guarded contracts. */
export function encodeCall(part: GuardedPart, name: string, args: readonly unknown[]): string {
  return INTERFACES[part].encodeFunctionData(name, [...args]);
}

/** Name of a function of one of the guarded contracts; undefined when it has none with this selector. */
export function functionName(part: GuardedPart, selector: string): string | undefined {
  return INTERFACES[part].getFunction(selector)?.name;
}

/** Which contract of a vault an address is; undefined for any other. */
export function partAt(parts: GuardedParts, address: string): GuardedPart | undefined {
  const names = ["vault", "policy", "authority"] as const;
  return names.find((name) => getAddress(parts[name]) === getAddress(address));
}

/** What a call says; undefined when it goes to no part of the vault, or to no function of it. */
export function decodeCall(parts: GuardedParts, target: string, data: string): DecodedCall | undefined {
  const part = partAt(parts, target);
  if (part === undefined) return undefined;
  let parsed;
  try {
    parsed = INTERFACES[part].parseTransaction({ data });
  } catch {
    return undefined;
  }
  if (parsed === null) return undefined;
  const { name, args, fragment } = parsed;
  const values = fragment.inputs.map((input, i) => `${input.name} ${describeValue(args[i])}`.trim());
  return { part, name, args, text: `${name}(${values.join(", ")})` };
}

/** Parameters out of a decoded `setParams`. */
export function paramsOf({ args }: DecodedCall): PolicyParams {
  return toParams(args[0] as PolicyParams);
}

function describeValue(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(describeValue).join(", ")}]` : String(value);
}

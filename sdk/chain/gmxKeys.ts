import { AbiCoder, keccak256 } from "ethers";

/** A value that a key of GMX's DataStore is about, with its Solidity type. */
export type GmxKeyPart = readonly [type: string, value: unknown];

/**
 * Key of GMX's DataStore: the hash of a name, alone or with what it is about.
 *
 * @example
 * gmxKey("OPEN_INTEREST", ["address", market], ["address", collateral], ["bool", false]);
 */
export function gmxKey(name: string, ...parts: readonly GmxKeyPart[]): string {
  const coder = AbiCoder.defaultAbiCoder();
  const hash = keccak256(coder.encode(["string"], [name]));
  if (parts.length === 0) return hash;
  return keccak256(coder.encode(["bytes32", ...parts.map(([type]) => type)], [hash, ...parts.map(([, v]) => v)]));
}

/** USD of a token's smallest unit with 30 decimals, as GMX counts, from USD of a whole token with at most eight decimals. */
export function gmxPrice(usd: number, decimals: number): bigint {
  return (BigInt(Math.round(usd * 1e8)) * 10n ** 22n) / 10n ** BigInt(decimals);
}

import { createRequire } from "node:module";

import { AbiCoder, getAddress, getCreate2Address, keccak256 } from "ethers";

// The ESM build of the package imports directories, which Node does not do.
const require = createRequire(import.meta.url);

/** Hash of the code that creates a pool: the same on every chain of the table; a test compares it with the published pool. */
const POOL_INIT_CODE_HASH = "0xe34f199b19b2b4f47f68442619d555527d244f78a3297ea89325f843f87b8b54";

/** Uniswap v3's factory on a chain as Uniswap's package has it. Throws RangeError where it is not. */
export function uniswapV3FactoryOn(chainId: number): string {
  const { CHAIN_TO_ADDRESSES_MAP } = require("@uniswap/sdk-core") as {
    CHAIN_TO_ADDRESSES_MAP: Readonly<Record<number, { readonly v3CoreFactoryAddress?: string }>>;
  };
  const factory = CHAIN_TO_ADDRESSES_MAP[chainId]?.v3CoreFactoryAddress;
  if (factory === undefined) throw new RangeError(`Uniswap v3 is not on chain ${chainId}.`);
  return getAddress(factory);
}

/** Two tokens in the order in which a pool holds them. */
export function sortTokens(a: string, b: string): readonly [token0: string, token1: string] {
  return BigInt(a) < BigInt(b) ? [a, b] : [b, a];
}

/**
 * Address at which a factory of Uniswap v3 creates the pool of two tokens, whether it has or not.
 *
 * @param feePips The pool's fee in millionths, 500 = 0.05 %.
 * @example
 * computePoolAddress(factory, weth, usdc, 500); // 0x88e6A0c2dDD26FEEb64F039a2c41296FcB3f5640 on mainnet
 */
export function computePoolAddress(factory: string, tokenA: string, tokenB: string, feePips: number): string {
  const [token0, token1] = sortTokens(tokenA, tokenB);
  const key = AbiCoder.defaultAbiCoder().encode(["address", "address", "uint24"], [token0, token1, feePips]);
  return getCreate2Address(factory, keccak256(key), POOL_INIT_CODE_HASH);
}

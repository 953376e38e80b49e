import { keccak256 } from "ethers";

import { MAINNET } from "./addresses.ts";
import type { Rpc } from "./rpc.ts";

/**
 * Runtime code hashes (EXTCODEHASH) that are those of Ethereum mainnet: what npm publishes, created with mainnet's
 * constructor arguments, is byte for byte the deployed contract. The hashes are public; the 0.3 % pool and SwapRouter
 * were also compared with recorded mainnet state.
 */
export const MAINNET_CODE_HASHES = {
  uniswapV3Factory: "0x4d7b8525cd5d14343fa67a732fba5b24cddba11620ca88392f4ec6c52f91fd69",
  quoter: "0xd7efd86e5c3f85370d1100907ab446b24a996ad245172f44efec6a20f9ba70e6",
  swapRouter: "0xbb90113d2f9a5e9b7feb15a1d1fff06c1ee1575b3f9b1181778ffd0cf633e7ea",
  nonfungiblePositionManager: "0x692e658b31cbe3407682854806658d315d61a58c7e4933a2f91d383dc00736c6",
  quoterV2: "0x06148f47d0f41a68d3bc970030a7150e5d608cfbc28d372440a2e41ce543d92b",
  swapRouter02: "0x6ec798e80f3a19de650826338677604e54d6664f44a33b53a20b22b1939f402e",
  poolUsdcWeth5bp: "0xa981b66c747a3d9fa29d7e200d5faaa2826960523d0e5a0df8148e8868c480b4",
  poolUsdcWeth30bp: "0xf2b8b58f95b1471751302e520a0e7c410ce9846ed46020be253dbd25fbb6da11",
} as const;

/**
 * Runtime code hashes of contracts as npm publishes them, which are not the bytes on mainnet, or are not known to be:
 * WETH9 and Multicall3 are the mainnet source under another compiler or other settings; Aave is v3.0 (mainnet has been
 * upgraded since); the Chainlink proxy is release 0.1.7; the token descriptor is a later release. They pin the twin:
 * a package update that changes them is noticed.
 */
export const PUBLISHED_CODE_HASHES = {
  weth: "0xb603564c85581d9f3165facdbd3edebd05417b132ec760ce26eba226ca210458",
  multicall3: "0x5a29a1eb2f59e45e4249b938c8192cac0d2bd32398e1afa03f302a867db692ea",
  tickLens: "0xbf1bb07babb013f146395ed6e1127f8f48d598f1765bc660a91d7b164cf93ff8",
  nftDescriptor: "0x12ee9852a0c3c8ee45373db6345262d5e36b358c6c7ec0ebbdecccf37d18edc3",
  tokenDescriptor: "0x8f54b0b7597433252fa3e20cc2cc21eb22e777c968064726e3b03eda5dfcc02c",
  tokenDescriptorProxy: "0xc4034f43de5ab58d2da4d5e076a875cfd5ab962c5c7a82165e2c322f1281df8e",
  chainlinkEthUsd: "0x9c9fd955ef329aff2d30d1fa3ba546782157e731c23299590058e4d72c1001b3",
  chainlinkUsdcUsd: "0x9c9fd955ef329aff2d30d1fa3ba546782157e731c23299590058e4d72c1001b3",
  aavePool: "0xf6b3cc81343fb35f5e63a9c23d8a8062a61f906968e1fc8f256199da13ba1e43",
  aavePoolConfigurator: "0xf6b3cc81343fb35f5e63a9c23d8a8062a61f906968e1fc8f256199da13ba1e43",
  aavePoolAddressesProvider: "0xba2f9666e22de8e1035c395431d28db77e2aa7f1cf21abf0bbf4e345dad7a6f1",
  aaveOracle: "0xe3edc57047d8d4057b2e1d9632cc0325adbf341ff3b76380db79c920cacf2cfb",
  aaveAclManager: "0x612eec81551ef7de6c54d89283aeb02aa46da6a43c6cbab30328bff9e7df3a1a",
  aaveProtocolDataProvider: "0x1af42b954bd6eaf8d4b36a3a4803a33cdcc9f91953468f34a9250948c87fff79",
  aWeth: "0x075393d0f6d9ca9b33d9d157b4942f52d9b63340bc86e441be02722cac1e0d5c",
  variableDebtWeth: "0x075393d0f6d9ca9b33d9d157b4942f52d9b63340bc86e441be02722cac1e0d5c",
  aUsdc: "0x075393d0f6d9ca9b33d9d157b4942f52d9b63340bc86e441be02722cac1e0d5c",
  variableDebtUsdc: "0x075393d0f6d9ca9b33d9d157b4942f52d9b63340bc86e441be02722cac1e0d5c",
} as const;

/** Mainnet bytes that only a recorded or forked state carries; the twin's own differ (see above). */
export const RECORDED_CODE_HASHES = {
  weth: "0xd0a06b12ac47863b5c7be4185c2deaad1c61557033f56c7d4ea74429cbb25e23",
  usdc: "0xd80d4b7c890cb9d6a4893e6b52bc34b56b25335cb13716e0d1d31383e6b41505",
} as const;

export type PlacedContract = keyof typeof MAINNET;

/** Hash of the runtime code at an address. */
export async function readCodeHash(rpc: Rpc, address: string): Promise<string> {
  return keccak256(await rpc.codeAt(address));
}

/** What the twin must carry. Only one of the two USDC/WETH pools exists at first. */
export function expectedCodeHashes(options: {
  readonly pool: "poolUsdcWeth5bp" | "poolUsdcWeth30bp";
  readonly recorded: boolean;
}): Readonly<Partial<Record<PlacedContract, string>>> {
  const { poolUsdcWeth5bp, poolUsdcWeth30bp, ...mainnet } = MAINNET_CODE_HASHES;
  return {
    ...PUBLISHED_CODE_HASHES,
    ...mainnet,
    ...(options.pool === "poolUsdcWeth5bp" ? { poolUsdcWeth5bp } : { poolUsdcWeth30bp }),
    ...(options.recorded ? RECORDED_CODE_HASHES : {}),
  };
}

/** @throws Error naming the first contract whose code is not the expected one. */
export async function verifyCodeHashes(
  rpc: Rpc,
  expected: Readonly<Partial<Record<PlacedContract, string>>>,
): Promise<void> {
  for (const [name, hash] of Object.entries(expected)) {
    const address = MAINNET[name as PlacedContract];
    const actual = await readCodeHash(rpc, address);
    if (actual !== hash) {
      throw new Error(
        `${name} at ${address} has code hash ${actual}, expected ${hash}. Was the package that carries it updated?`,
      );
    }
  }
}

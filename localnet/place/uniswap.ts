import { concat, encodeBytes32String, keccak256, toBeHex, zeroPadValue } from "ethers";

import { DEPLOYERS, MAINNET, UNISWAP_PROXY_ADMIN, UNISWAP_V2_FACTORY } from "../addresses.ts";
import { initCodeOf, npmArtifact } from "../artifacts.ts";
import { abiOf, type Rpc, toWord } from "../rpc.ts";
import { constructAt, createAt } from "./install.ts";

const core = (name: string) => npmArtifact(`@uniswap/v3-core/artifacts/contracts/${name}.sol/${name}.json`);
const periphery = (path: string) => {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return npmArtifact(`@uniswap/v3-periphery/artifacts/contracts/${path}.sol/${name}.json`);
};
const routers = (path: string) => {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return npmArtifact(`@uniswap/swap-router-contracts/artifacts/contracts/${path}.sol/${name}.json`);
};

export const FACTORY_ABI = abiOf([
  "function createPool(address tokenA, address tokenB, uint24 fee) returns (address pool)",
  "function getPool(address tokenA, address tokenB, uint24 fee) view returns (address pool)",
]);

export const POOL_ABI = abiOf([
  "function initialize(uint160 sqrtPriceX96)",
  "function increaseObservationCardinalityNext(uint16 observationCardinalityNext)",
  "function slot0() view returns (uint160 sqrtPriceX96, int24 tick, uint16 observationIndex, uint16 observationCardinality, uint16 observationCardinalityNext, uint8 feeProtocol, bool unlocked)",
  "function liquidity() view returns (uint128)",
  "function fee() view returns (uint24)",
  "function tickSpacing() view returns (int24)",
  "function token0() view returns (address)",
  "function token1() view returns (address)",
  "function observe(uint32[] secondsAgos) view returns (int56[] tickCumulatives, uint160[] secondsPerLiquidityCumulativeX128s)",
  "event Swap(address indexed sender, address indexed recipient, int256 amount0, int256 amount1, uint160 sqrtPriceX96, uint128 liquidity, int24 tick)",
]);

export const POSITION_MANAGER_ABI = abiOf([
  "function mint((address token0, address token1, uint24 fee, int24 tickLower, int24 tickUpper, uint256 amount0Desired, uint256 amount1Desired, uint256 amount0Min, uint256 amount1Min, address recipient, uint256 deadline) params) payable returns (uint256 tokenId, uint128 liquidity, uint256 amount0, uint256 amount1)",
]);

/** Storage slot of `getPool` in the factory: three slots of deploy parameters, owner and feeAmountTickSpacing come first. */
const FACTORY_GET_POOL_SLOT = 5n;

/**
 * Uniswap v3 core and periphery at the chain's own addresses: by their deployer's nonces where those are known.
 * @param options.keepSwapRouter leave the SwapRouter that is already at its address (recorded mainnet state).
 */
export async function placeUniswap(rpc: Rpc, options: { readonly keepSwapRouter: boolean }): Promise<void> {
  const at = rpc.addresses;
  const { weth, uniswapV3Factory: factory } = at;
  const create = (address: string | undefined, nonce: number, initCode: string): Promise<void> => {
    if (address === undefined) return Promise.resolve();
    if (at !== MAINNET) return constructAt(rpc, address, DEPLOYERS.uniswapV3, initCode);
    return createAt(rpc, address, DEPLOYERS.uniswapV3, nonce, initCode);
  };

  await create(factory, 0, initCodeOf(core("UniswapV3Factory")));
  await create(at.tickLens, 2, initCodeOf(periphery("lens/TickLens")));
  await create(at.quoter, 3, initCodeOf(periphery("lens/Quoter"), [factory, weth]));
  if (!options.keepSwapRouter) {
    await create(at.swapRouter, 4, initCodeOf(periphery("SwapRouter"), [factory, weth]));
  }
  await create(at.nftDescriptor, 5, initCodeOf(periphery("libraries/NFTDescriptor")));
  await create(
    at.tokenDescriptor,
    6,
    initCodeOf(periphery("NonfungibleTokenPositionDescriptor"), [weth, encodeBytes32String("ETH")], {
      NFTDescriptor: at.nftDescriptor,
    }),
  );
  await create(
    at.tokenDescriptorProxy,
    7,
    initCodeOf(
      npmArtifact("@openzeppelin/contracts/build/contracts/TransparentUpgradeableProxy.json", "@uniswap/v3-periphery"),
      [at.tokenDescriptor, UNISWAP_PROXY_ADMIN, "0x"],
    ),
  );
  await create(
    at.nonfungiblePositionManager,
    8,
    initCodeOf(periphery("NonfungiblePositionManager"), [factory, weth, at.tokenDescriptorProxy]),
  );
  await create(at.quoterV2, 13, initCodeOf(routers("lens/QuoterV2"), [factory, weth]));
  await create(
    at.swapRouter02,
    14,
    initCodeOf(routers("SwapRouter02"), [UNISWAP_V2_FACTORY, factory, at.nonfungiblePositionManager, weth]),
  );
}

/** Creates the pool through the factory and returns its address. */
export async function createPool(
  rpc: Rpc,
  from: string,
  tokenA: string,
  tokenB: string,
  feePips: number,
): Promise<string> {
  await rpc.write(from, rpc.addresses.uniswapV3Factory, FACTORY_ABI, "createPool", [tokenA, tokenB, feePips]);
  const [pool] = await rpc.read(rpc.addresses.uniswapV3Factory, FACTORY_ABI, "getPool", [tokenA, tokenB, feePips]);
  return pool as string;
}

/** Registers a pool whose code is already at its address (recorded mainnet state) with the factory. */
export async function registerPool(
  rpc: Rpc,
  token0: string,
  token1: string,
  feePips: number,
  pool: string,
): Promise<void> {
  const nested = (key: string, slot: string): string => keccak256(concat([zeroPadValue(key, 32), slot]));
  for (const [first, second] of [
    [token0, token1],
    [token1, token0],
  ] as const) {
    const slot = nested(toBeHex(feePips, 32), nested(second, nested(first, toWord(FACTORY_GET_POOL_SLOT))));
    await rpc.request("hardhat_setStorageAt", [rpc.addresses.uniswapV3Factory, slot, zeroPadValue(pool, 32)]);
  }
}

import { Interface, solidityPackedKeccak256 } from "ethers";

import generousMinter from "../../artifacts/test/contracts/GenerousMinter.sol/GenerousMinter.json" with { type: "json" };
import { ACTORS } from "../../localnet/actors.ts";
import { DEPLOYERS, MAINNET } from "../../localnet/addresses.ts";
import { fundPoolActors } from "../../localnet/place/market.ts";
import { deployTokenPair, mintToken } from "../../localnet/place/tokens.ts";
import { createPool } from "../../localnet/place/uniswap.ts";
import type { RawReceipt } from "../../localnet/rpc.ts";
import type { Twin } from "../../localnet/twin.ts";
import type { PositionInfo } from "../../sdk/exact/pool/poolState.ts";
import type { TickInfo } from "../../sdk/exact/pool/tickTable.ts";

const POOL = new Interface([
  "function initialize(uint160 sqrtPriceX96)",
  "function increaseObservationCardinalityNext(uint16 next)",
  "function setFeeProtocol(uint8 feeProtocol0, uint8 feeProtocol1)",
  "function collectProtocol(address recipient, uint128 amount0Requested, uint128 amount1Requested) returns (uint128 amount0, uint128 amount1)",
  "function burn(int24 tickLower, int24 tickUpper, uint128 amount) returns (uint256 amount0, uint256 amount1)",
  "function collect(address recipient, int24 tickLower, int24 tickUpper, uint128 amount0Requested, uint128 amount1Requested) returns (uint128 amount0, uint128 amount1)",
  "function slot0() view returns (uint160 sqrtPriceX96, int24 tick, uint16 observationIndex, uint16 observationCardinality, uint16 observationCardinalityNext, uint8 feeProtocol, bool unlocked)",
  "function liquidity() view returns (uint128)",
  "function tickSpacing() view returns (int24)",
  "function feeGrowthGlobal0X128() view returns (uint256)",
  "function feeGrowthGlobal1X128() view returns (uint256)",
  "function protocolFees() view returns (uint128 token0, uint128 token1)",
  "function ticks(int24) view returns (uint128 liquidityGross, int128 liquidityNet, uint256 feeGrowthOutside0X128, uint256 feeGrowthOutside1X128, int56, uint160, uint32, bool initialized)",
  "function positions(bytes32) view returns (uint128 liquidity, uint256 feeGrowthInside0LastX128, uint256 feeGrowthInside1LastX128, uint128 tokensOwed0, uint128 tokensOwed1)",
  "function observations(uint256) view returns (uint32 blockTimestamp, int56 tickCumulative, uint160 secondsPerLiquidityCumulativeX128, bool initialized)",
  "function observe(uint32[] secondsAgos) view returns (int56[] tickCumulatives, uint160[] secondsPerLiquidityCumulativeX128s)",
  "event Mint(address sender, address indexed owner, int24 indexed tickLower, int24 indexed tickUpper, uint128 amount, uint256 amount0, uint256 amount1)",
  "event Burn(address indexed owner, int24 indexed tickLower, int24 indexed tickUpper, uint128 amount, uint256 amount0, uint256 amount1)",
  "event Collect(address indexed owner, address recipient, int24 indexed tickLower, int24 indexed tickUpper, uint128 amount0, uint128 amount1)",
  "event CollectProtocol(address indexed sender, address indexed recipient, uint128 amount0, uint128 amount1)",
  "event Swap(address indexed sender, address indexed recipient, int256 amount0, int256 amount1, uint160 sqrtPriceX96, uint128 liquidity, int24 tick)",
]);
const ROUTER = new Interface([
  "function exactInputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 amountIn, uint256 amountOutMinimum, uint160 sqrtPriceLimitX96) params) payable returns (uint256 amountOut)",
  "function exactOutputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 amountOut, uint256 amountInMaximum, uint160 sqrtPriceLimitX96) params) payable returns (uint256 amountIn)",
  "function multicall(bytes[] data) payable returns (bytes[] results)",
]);
const FACTORY = new Interface([
  "function enableFeeAmount(uint24 fee, int24 tickSpacing)",
  "function feeAmountTickSpacing(uint24 fee) view returns (int24)",
]);
const MINTER = new Interface(generousMinter.abi);

/** More of either token than any sequence moves. */
const DEEP_POCKETS = 1n << 180n;
const MAX_UINT128 = (1n << 128n) - 1n;
const MAX_UINT256 = (1n << 256n) - 1n;
const TICK_SPACINGS: Readonly<Record<number, number>> = { 100: 1, 500: 10, 3_000: 60, 10_000: 200 };

export interface SwapOrder {
  readonly zeroForOne: boolean;
  readonly amountSpecified: bigint;
  readonly sqrtPriceLimitX96: bigint;
}

/** A genuine pool of two fresh tokens with one liquidity provider, driven call by call. */
export interface GenuinePool {
  readonly feePips: number;
  readonly tickSpacing: number;
  mint(tickLower: number, tickUpper: number, liquidity: bigint): Promise<readonly bigint[]>;
  burn(tickLower: number, tickUpper: number, liquidity: bigint): Promise<readonly bigint[]>;
  collect(tickLower: number, tickUpper: number, amount0: bigint, amount1: bigint): Promise<readonly bigint[]>;
  /** Swaps in one transaction; amounts of each. */
  swap(orders: readonly SwapOrder[]): Promise<readonly (readonly bigint[])[]>;
  setFeeProtocol(feeProtocol0: number, feeProtocol1: number): Promise<void>;
  collectProtocol(amount0: bigint, amount1: bigint): Promise<readonly bigint[]>;
  increaseObservationCardinalityNext(next: number): Promise<void>;
  /** Price, tick, liquidity, fee growth, protocol fees and the oracle's ring, by name. */
  globals(): Promise<Readonly<Record<string, bigint>>>;
  tickInfo(tick: number): Promise<TickInfo>;
  position(tickLower: number, tickUpper: number): Promise<PositionInfo>;
  observe(secondsAgos: readonly number[]): Promise<readonly (readonly bigint[])[]>;
  timestamp(): Promise<number>;
}

/** Deploys it through the genuine factory; the block of `initialize` is the latest when this returns. */
export async function createGenuinePool(
  twin: Twin,
  options: { readonly feePips: number; readonly sqrtPriceX96: bigint },
): Promise<GenuinePool> {
  const { rpc } = twin;
  const { feePips } = options;
  const { base: token0, quote: token1 } = await deployTokenPair(rpc, {
    baseDecimals: 18,
    quoteDecimals: 18,
    baseIsToken0: true,
  });
  await fundPoolActors(rpc, { base: token0, quote: token1, baseDecimals: 18, quoteDecimals: 18, baseIsToken0: true });
  await rpc.impersonate(DEPLOYERS.uniswapV3);
  const [spacing] = await rpc.read(MAINNET.uniswapV3Factory, FACTORY, "feeAmountTickSpacing", [feePips]);
  if (spacing === 0n) {
    await rpc.write(DEPLOYERS.uniswapV3, MAINNET.uniswapV3Factory, FACTORY, "enableFeeAmount", [
      feePips,
      TICK_SPACINGS[feePips],
    ]);
  }
  const provider = ACTORS.liquidityProvider;
  const pool = await createPool(rpc, provider, token0, token1, feePips);
  const minter = await rpc.deploy(provider, generousMinter.bytecode);
  for (const token of [token0, token1]) {
    await mintToken(rpc, token, minter, DEEP_POCKETS);
    await mintToken(rpc, token, ACTORS.trader, DEEP_POCKETS);
  }
  await rpc.write(provider, pool, POOL, "initialize", [options.sqrtPriceX96]);

  const read = async (method: string, args: readonly unknown[] = []): Promise<readonly bigint[]> =>
    (await rpc.read(pool, POOL, method, args)) as readonly bigint[];
  const logsOf = (receipt: RawReceipt, event: string): readonly (readonly bigint[])[] =>
    receipt.logs
      .filter((log) => log.address.toLowerCase() === pool.toLowerCase())
      .flatMap((log) => {
        const parsed = POOL.parseLog(log);
        return parsed?.name === event ? [[parsed.args["amount0"] as bigint, parsed.args["amount1"] as bigint]] : [];
      });
  const send = async (
    from: string,
    to: string,
    abi: Interface,
    method: string,
    args: readonly unknown[],
    event: string,
  ): Promise<readonly bigint[]> =>
    logsOf(await rpc.receipt(await rpc.write(from, to, abi, method, args)), event)[0] ?? [];
  const encodeSwap = ({ zeroForOne, amountSpecified, sqrtPriceLimitX96 }: SwapOrder): string => {
    const isExactInput = amountSpecified > 0n;
    return ROUTER.encodeFunctionData(isExactInput ? "exactInputSingle" : "exactOutputSingle", [
      [
        zeroForOne ? token0 : token1,
        zeroForOne ? token1 : token0,
        feePips,
        ACTORS.trader,
        isExactInput ? amountSpecified : -amountSpecified,
        isExactInput ? 0n : MAX_UINT256,
        sqrtPriceLimitX96,
      ],
    ]);
  };

  return {
    feePips,
    tickSpacing: Number((await read("tickSpacing"))[0]),
    mint: (tickLower, tickUpper, liquidity) =>
      send(provider, minter, MINTER, "mint", [pool, provider, tickLower, tickUpper, liquidity], "Mint"),
    burn: (tickLower, tickUpper, liquidity) =>
      send(provider, pool, POOL, "burn", [tickLower, tickUpper, liquidity], "Burn"),
    collect: (tickLower, tickUpper, amount0, amount1) =>
      send(provider, pool, POOL, "collect", [provider, tickLower, tickUpper, amount0, amount1], "Collect"),
    swap: async (orders) => {
      const data = ROUTER.encodeFunctionData("multicall", [orders.map(encodeSwap)]);
      const hash = await rpc.send({ from: ACTORS.trader, to: MAINNET.swapRouter02, data });
      return logsOf(await rpc.receipt(hash), "Swap");
    },
    setFeeProtocol: async (feeProtocol0, feeProtocol1) => {
      await rpc.write(DEPLOYERS.uniswapV3, pool, POOL, "setFeeProtocol", [feeProtocol0, feeProtocol1]);
    },
    collectProtocol: (amount0, amount1) =>
      send(
        DEPLOYERS.uniswapV3,
        pool,
        POOL,
        "collectProtocol",
        [DEPLOYERS.uniswapV3, amount0 & MAX_UINT128, amount1 & MAX_UINT128],
        "CollectProtocol",
      ),
    increaseObservationCardinalityNext: async (next) => {
      await rpc.write(provider, pool, POOL, "increaseObservationCardinalityNext", [next]);
    },
    globals: async () => {
      const [sqrtPriceX96, tick, index, cardinality, cardinalityNext] = (await read("slot0")) as [
        bigint,
        bigint,
        bigint,
        bigint,
        bigint,
      ];
      const [liquidity] = (await read("liquidity")) as [bigint];
      const [feeGrowthGlobal0X128] = (await read("feeGrowthGlobal0X128")) as [bigint];
      const [feeGrowthGlobal1X128] = (await read("feeGrowthGlobal1X128")) as [bigint];
      const [protocolFees0, protocolFees1] = (await read("protocolFees")) as [bigint, bigint];
      const [time, tickCumulative, secondsPerLiquidity] = (await read("observations", [index])) as [
        bigint,
        bigint,
        bigint,
      ];
      return {
        sqrtPriceX96,
        tick,
        liquidity,
        feeGrowthGlobal0X128,
        feeGrowthGlobal1X128,
        protocolFees0,
        protocolFees1,
        index,
        cardinality,
        cardinalityNext,
        time,
        tickCumulative,
        secondsPerLiquidity,
      };
    },
    tickInfo: async (tick) => {
      const words = await read("ticks", [tick]);
      return {
        liquidityGross: words[0] as bigint,
        liquidityNet: words[1] as bigint,
        feeGrowthOutside0X128: words[2] as bigint,
        feeGrowthOutside1X128: words[3] as bigint,
      };
    },
    position: async (tickLower, tickUpper) => {
      const key = solidityPackedKeccak256(["address", "int24", "int24"], [provider, tickLower, tickUpper]);
      const words = await read("positions", [key]);
      return {
        liquidity: words[0] as bigint,
        feeGrowthInside0LastX128: words[1] as bigint,
        feeGrowthInside1LastX128: words[2] as bigint,
        tokensOwed0: words[3] as bigint,
        tokensOwed1: words[4] as bigint,
      };
    },
    observe: async (secondsAgos) => {
      const [ticks, seconds] = (await rpc.read(pool, POOL, "observe", [[...secondsAgos]])) as [bigint[], bigint[]];
      return secondsAgos.map((_, i) => [ticks[i] as bigint, seconds[i] as bigint]);
    },
    timestamp: () => twin.timestamp(),
  };
}

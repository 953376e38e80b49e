import { existsSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { parsePoolEvents, readPoolEvents } from "../../../../sdk/sim/data/events.ts";
import type { PoolEvent } from "../../../../sdk/sim/data/events.ts";
import { computePoolVolume } from "../../../../sdk/sim/data/poolVolume.ts";
import { parseCsvTable } from "../../../../sdk/sim/data/table.ts";
import { expectClose } from "../../../support/close.ts";
import { refusal } from "./refusals.ts";

const FILE = path.resolve(import.meta.dirname, "../../../../../shared/data/uniswap-v3-usdc-weth-5bp-2024-01-05.csv");
const HEADER =
  "block_number,block_timestamp,tx_type,log_index,amount0,amount1,total_liquidity,sqrtPriceX96,current_tick,tick_lower,tick_upper,liquidity";
/** Tick 199045: 2,270 USDC per WETH, USDC being token0. */
const SQRT = "1662995104975155420368771254341874";
const UNITS = { decimals0: 6, decimals1: 18, baseIsToken0: false };

const SWAP = {
  block_number: "100",
  block_timestamp: "2024-01-05 00:00:23",
  tx_type: "SWAP",
  log_index: "7",
  amount0: "-22686110",
  amount1: "10000000000000000",
  total_liquidity: "12453647101533358277",
  sqrtPriceX96: SQRT,
  current_tick: "199045.0",
  tick_lower: "",
  tick_upper: "",
  liquidity: "",
};
const MINT = {
  ...SWAP,
  tx_type: "MINT",
  log_index: "8",
  amount0: "7589502067301",
  amount1: "738908802009978532321",
  tick_lower: "199040.0",
  tick_upper: "199050.0",
  liquidity: "389297572651811471360",
};

type Fields = Readonly<Record<string, string>>;

const parse = (...events: readonly Fields[]): readonly PoolEvent[] => {
  const rows = events.map((event) =>
    HEADER.split(",")
      .map((name) => event[name] ?? "")
      .join(","),
  );
  return parsePoolEvents(parseCsvTable([HEADER, ...rows].join("\n"), "e.csv"));
};

describe("parsePoolEvents", () => {
  it("reads swaps, mints, burns and collects with exact amounts", () => {
    const burn = { ...MINT, tx_type: "BURN", log_index: "9" };
    const collect = { ...MINT, tx_type: "COLLECT", log_index: "10", liquidity: "" };
    const [swap, mint, burnt, collected] = parse(SWAP, MINT, burn, collect);
    expect(swap).to.deep.equal({
      kind: "swap",
      line: 2,
      blockNumber: 100,
      timestamp: 1_704_412_823,
      logIndex: 7,
      amount0: -22_686_110n,
      amount1: 10_000_000_000_000_000n,
      sqrtPriceX96: BigInt(SQRT),
      tick: 199_045,
      activeLiquidity: 12_453_647_101_533_358_277n,
    });
    expect(mint).to.deep.include({
      kind: "mint",
      tickLower: 199_040,
      tickUpper: 199_050,
      liquidity: 389_297_572_651_811_471_360n,
    });
    expect(burnt?.kind).to.equal("burn");
    expect(collected).to.deep.include({ kind: "collect", liquidity: undefined });
  });

  it("refuses every kind of broken event, with its line, column and reason", () => {
    const cases: readonly (readonly [what: string, change: Fields, column: string, reason: RegExp])[] = [
      ["an unknown type", { tx_type: "FLASH" }, "tx_type", /none of SWAP/],
      ["an amount with an exponent", { amount1: "1e16" }, "amount1", /exact integers/],
      ["an amount in whole tokens", { amount0: "-22.68611" }, "amount0", /exact integers/],
      ["no amount", { amount0: "" }, "amount0", /missing/],
      ["NaN", { total_liquidity: "NaN" }, "total_liquidity", /not a whole number/],
      ["both amounts in", { amount0: "22686110" }, "amount1", /same sign/],
      ["a price that is no square root", { sqrtPriceX96: "2270" }, "sqrtPriceX96", /bounds/],
      ["a tick of another price", { current_tick: "199345" }, "current_tick", /does not fit the price/],
      ["a tick out of bounds", { current_tick: "900000" }, "current_tick", /bounds/],
      ["liquidity beyond 128 bits", { total_liquidity: (1n << 128n).toString() }, "total_liquidity", /2\^128/],
      ["negative liquidity", { total_liquidity: "-1" }, "total_liquidity", /2\^128/],
      ["a negative block", { block_number: "-100" }, "block_number", /no block number/],
      ["a block before", { block_number: "99" }, "block_number", /before the one above/],
      ["a log before", { log_index: "6" }, "log_index", /before the one above/],
      ["an event twice", { log_index: "7" }, "log_index", /appears twice, first at line 2/],
      ["one block at two times", { block_timestamp: "2024-01-05 00:00:35" }, "block_timestamp", /contradicts/],
      [
        "a time that runs back",
        { block_number: "101", block_timestamp: "2024-01-04 23:00:00" },
        "block_timestamp",
        /contradicts/,
      ],
      ["another zone", { block_timestamp: "2024-01-05 02:00:23+02:00" }, "block_timestamp", /not in UTC/],
      ["another unit", { block_timestamp: "1704412823" }, "block_timestamp", /in seconds, the first one in a date/],
    ];
    for (const [what, change, column, reason] of cases) {
      const error = refusal(() => parse(SWAP, { ...SWAP, log_index: "8", ...change }));
      expect({ line: error.line, column: error.column }, what).to.deep.equal({ line: 3, column });
      expect(error.reason, what).to.match(reason);
    }
    for (const [change, column, reason] of [
      [{ tick_lower: "199050" }, "tick_upper", /not above the lower/],
      [{ tick_lower: "" }, "tick_lower", /missing/],
      [{ amount0: "-1" }, "amount0", /may not be negative/],
      [{ liquidity: "-5" }, "liquidity", /may not be negative/],
    ] as const) {
      const error = refusal(() => parse(SWAP, { ...MINT, ...change }));
      expect({ line: error.line, column: error.column }).to.deep.equal({ line: 3, column });
      expect(error.reason).to.match(reason);
    }
  });

  it("names a column that is missing, and a file without events", () => {
    expect(refusal(() => parsePoolEvents(parseCsvTable("block_number\n1\n", "e.csv"))).reason).to.include(
      "block_timestamp",
    );
    expect(refusal(() => parse()).reason).to.include("no events");
  });
});

describe("computePoolVolume", () => {
  const start = 1_704_412_800;
  const swaps = [
    SWAP,
    // 2,268.611 USDC in at about 2,269.6 a WETH.
    {
      ...SWAP,
      log_index: "9",
      amount0: "2268611000",
      amount1: "-999000000000000000",
      total_liquidity: "24907294203066716554",
    },
    { ...SWAP, block_number: "200", block_timestamp: "2024-01-05 01:10:00" },
  ];

  it("counts what came in, in quote, and the liquidity that the fees were shared by", () => {
    const volume = computePoolVolume(parse(...swaps), "e.csv", { from: start, bars: 2, barSeconds: 3_600 }, UNITS);
    expect(volume.swaps).to.equal(3);
    const first = 0.01 * 2_269.6;
    expectClose(volume.volumeQuote[0], first + 2_268.611, 0.05);
    const perLiquidity = first / 12_453_647.1 + 2_268.611 / 24_907_294.2;
    expectClose(volume.activeLiquidity[0], (first + 2_268.611) / perLiquidity, 50);
    expectClose(volume.volumeQuote[1], first, 0.05);
  });

  it("counts the same quote when the tokens are the other way round", () => {
    const [event] = parse({ ...SWAP, amount0: "3000000", amount1: "-1" });
    const volume = computePoolVolume(
      [event!],
      "e.csv",
      { from: start, bars: 1, barSeconds: 3_600 },
      {
        decimals0: 6,
        decimals1: 18,
        baseIsToken0: true,
      },
    );
    // 3 units of token0 at 1/2,269.6 of token1 each.
    expectClose(volume.volumeQuote[0], 3 / 2_269.6, 1e-6);
  });

  it("refuses a window that the events do not cover", () => {
    const read = (from: number, bars: number) => () =>
      computePoolVolume(parse(...swaps), "e.csv", { from, bars, barSeconds: 3_600 }, UNITS);
    expect(refusal(read(start - 7_200, 2)).reason).to.include("do not cover");
    expect(refusal(read(start, 3)).reason).to.include("do not cover");
  });

  it("finds the volume of a day on mainnet", async function () {
    if (!existsSync(FILE)) {
      console.log(`      skipped: ${path.basename(FILE)} is not beside the clone`);
      this.skip();
    }
    const events = await readPoolEvents(FILE);
    const volume = computePoolVolume(events, FILE, { from: start, bars: 24, barSeconds: 3_600 }, UNITS);
    expect(volume.swaps).to.equal(6_046);
    const total = volume.volumeQuote.reduce((sum, value) => sum + value, 0);
    expectClose(total, 246.9e6, 0.2e6);
    expectClose(volume.activeLiquidity[0], 12.5e6, 0.3e6);
  });
});

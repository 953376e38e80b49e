import { expect } from "chai";
import { describe, it } from "mocha";
import { divRoundingUp, MAX_UINT256, mulDiv, mulDivRoundingUp } from "../../../../sdk/exact/fullMath.ts";
import { v3SdkMulDivRoundingUp } from "../../../../sdk/chain/v3Sdk.ts";
import { expectInvalid } from "../math/assertions.ts";
import { createPoolRandom } from "./random.ts";

const SEED = 20261111;

describe("mulDiv", () => {
  it("rounds down and up", () => {
    expect(mulDiv(7n, 3n, 2n)).to.equal(10n);
    expect(mulDivRoundingUp(7n, 3n, 2n)).to.equal(11n);
    expect(mulDivRoundingUp(7n, 4n, 2n)).to.equal(14n);
    expect(divRoundingUp(0n, 5n)).to.equal(0n);
    expect(divRoundingUp(1n, 5n)).to.equal(1n);
    expect(divRoundingUp(5n, 5n)).to.equal(1n);
  });

  it("keeps 512-bit products", () => {
    expect(mulDiv(MAX_UINT256, MAX_UINT256, MAX_UINT256)).to.equal(MAX_UINT256);
    expect(mulDivRoundingUp(MAX_UINT256, MAX_UINT256, MAX_UINT256)).to.equal(MAX_UINT256);
  });

  it("refuses what reverts on chain: a result beyond 256 bits, also by rounding alone, and division by 0", () => {
    expectInvalid(() => mulDiv(MAX_UINT256, 2n, 1n), "a * b / denominator", MAX_UINT256 * 2n);
    // the largest product whose floor fits while its ceiling does not (the example of Uniswap's own tests)
    const a = 535006138814359n;
    const b = 432862656469423142931042426214547535783388063929571229938474969n;
    expect(mulDiv(a, b, 2n)).to.equal(MAX_UINT256);
    expectInvalid(() => mulDivRoundingUp(a, b, 2n), "a * b / denominator", MAX_UINT256 + 1n);
    expectInvalid(() => mulDiv(1n, 1n, 0n), "denominator", 0n);
    expectInvalid(() => mulDivRoundingUp(0n, 1n, 0n), "denominator", 0n);
  });

  it(`agrees with v3-sdk on 3000 random products (seed ${SEED})`, () => {
    const random = createPoolRandom(SEED);
    for (let i = 0; i < 3000; i++) {
      const [a, b] = [random.bits(160), random.bits(96)];
      const denominator = random.bits(160) + 1n;
      const up = mulDivRoundingUp(a, b, denominator);
      expect(up).to.equal(v3SdkMulDivRoundingUp(a, b, denominator));
      const down = mulDiv(a, b, denominator);
      expect(up - down).to.equal(down * denominator === a * b ? 0n : 1n);
    }
  });
});

import { expect } from "chai";
import { describe, it } from "mocha";
import { minimiseUnimodal } from "../../../../sdk/math/minimise.ts";
import { expectInvalid } from "./assertions.ts";
import { expectClose } from "../../../support/close.ts";

describe("minimiseUnimodal", () => {
  it("finds smooth, sharp and lopsided minima", () => {
    expectClose(minimiseUnimodal((x) => (x - 2) ** 2, 0, 10, 1e-8).x, 2, 1e-7);
    expectClose(minimiseUnimodal((x) => Math.abs(x + 3), -100, 7, 1e-8).x, -3, 1e-7);
    expectClose(minimiseUnimodal((x) => x + 1 / x, 1e-6, 1e3, 1e-8).x, 1, 1e-6);
    expectClose(minimiseUnimodal((x) => Math.exp(x) - 20 * x, -10, 10, 1e-9).x, Math.log(20), 1e-7);
  });

  it("returns the edge itself when the function only rises or falls", () => {
    expect(minimiseUnimodal((x) => x, 3, 9, 1e-6)).to.deep.equal({ x: 3, value: 3 });
    expect(minimiseUnimodal((x) => -x, 3, 9, 1e-6)).to.deep.equal({ x: 9, value: -9 });
  });

  it("takes few evaluations where a parabola fits", () => {
    let evaluations = 0;
    const parabola = (x: number): number => {
      evaluations++;
      return 5 + (x - 1.234) ** 2;
    };
    expectClose(minimiseUnimodal(parabola, -50, 50, 1e-6).x, 1.234, 1e-6);
    expect(evaluations).to.be.below(10);
  });

  it("refuses an empty interval, no tolerance and a function that returns NaN", () => {
    expectInvalid(() => minimiseUnimodal((x) => x, 2, 2, 1e-8), "upper", 2);
    expectInvalid(() => minimiseUnimodal((x) => x, NaN, 2, 1e-8), "lower", NaN);
    expectInvalid(() => minimiseUnimodal((x) => x, 1, 2, 0), "tolerance", 0);
    expectInvalid(() => minimiseUnimodal(() => NaN, 0, 0.5, 1e-8), `objective(${0.5 * ((3 - Math.sqrt(5)) / 2)})`, NaN);
  });
});

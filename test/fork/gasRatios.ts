import type { GasLog } from "./suite.ts";

/** Gas of one action on a network and on the twin. */
export interface GasRatio {
  readonly action: string;
  readonly gas: bigint;
  readonly twinGas: bigint;
  /** gas / twinGas. */
  readonly ratio: number;
}

/** The actions that were measured on both, in the order of the network's. */
export function computeGasRatios(network: GasLog, twin: GasLog): readonly GasRatio[] {
  return [...network].flatMap(([action, gas]) => {
    const twinGas = twin.get(action);
    return twinGas === undefined ? [] : [{ action, gas, twinGas, ratio: Number(gas) / Number(twinGas) }];
  });
}

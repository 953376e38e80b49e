import type { Signer } from "ethers";

import { createGmxV2SimulatorDriver } from "../../localnet/gmx/driver.ts";
import { type GmxV2SimulatorAddresses, placeGmxV2Simulator } from "../../localnet/gmx/place.ts";
import type { Twin } from "../../localnet/twin.ts";

/** Time that GMX's keepers take to answer an order [s]. */
const ANSWER_SECONDS = 10;
/** ETH for execution fees; what the demo's orders do not use stays. */
const EXECUTION_FEES_WEI = 10n ** 19n;
const WEI_PER_ETH = 1e18;

/** The simulated GMX of the demo, with its keepers. */
export interface DemoGmx {
  readonly addresses: GmxV2SimulatorAddresses;
  /** GMX's own oracle follows the market. */
  setPrice(price: number): Promise<void>;
  /** Gives a hedge the ETH that its orders are executed for. */
  fund(hedge: string, from: Signer): Promise<void>;
  /**
   * Lets GMX's keepers execute what waits, some seconds later.
   *
   * @returns Execution fees that were used up [quote]; undefined when nothing waited.
   */
  answer(hedge: string): Promise<{ readonly feeQuote: number } | undefined>;
}

/** Places the simulator of GMX v2 on a twin and plays its keepers. */
export async function createDemoGmx(twin: Twin, startPrice: number): Promise<DemoGmx> {
  const addresses = await placeGmxV2Simulator(twin);
  const driver = await createGmxV2SimulatorDriver(twin, addresses);
  let price = startPrice;
  let fundedWei = 0n;
  const setPrice = async (next: number): Promise<void> => {
    price = next;
    await driver.setPrices(price);
  };
  await setPrice(startPrice);
  return {
    addresses,
    setPrice,
    async fund(hedge, from) {
      await (await from.sendTransaction({ to: hedge, value: EXECUTION_FEES_WEI })).wait();
      fundedWei = await twin.ethers.provider.getBalance(hedge);
    },
    async answer(hedge) {
      if ((await driver.orders()).length === 0) return undefined;
      await twin.advance(ANSWER_SECONDS);
      await setPrice(price);
      await driver.executeAll();
      const left = await twin.ethers.provider.getBalance(hedge);
      const feeQuote = (Number(fundedWei - left) / WEI_PER_ETH) * price;
      fundedWei = left;
      return { feeQuote };
    },
  };
}

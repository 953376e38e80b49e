import { startTwin } from "../../localnet/twin.ts";
import { describeLifecycle } from "./lifecycleSuite.ts";
import { createVaultWorld } from "./world.ts";

describeLifecycle("vault lifecycle on the twin", async () =>
  createVaultWorld(await startTwin({ priceUsdcPerWeth: 2_500 })),
);

import type { Situation } from "./types.ts";

/** How far the price is from the centre of the outermost range, 0 = centre, 1 = edge, in log price. */
export function travelledToEdge({ ranges, exposure }: Pick<Situation, "ranges" | "exposure">): number {
  let furthest = 0;
  for (const { priceLower, priceUpper } of ranges) {
    const halfWidth = Math.log(priceUpper / priceLower) / 2;
    const travelled = Math.abs(Math.log(exposure.price / Math.sqrt(priceLower * priceUpper))) / halfWidth;
    furthest = Math.max(furthest, travelled);
  }
  return furthest;
}

/** What `hedgerow keeper --help` says below the flags: the part of the configuration that decides when liquidity is provided. */
export const POLICY_HELP = `
The fee gate, in the configuration file (defaults in brackets) or as JSON in HEDGEROW_POLICY:
  policy.feeGate.enabled            leave the pool while fees do not pay for the hedge [true]
  policy.feeGate.enterRatio         enter above break-even times this [1.05]
  policy.feeGate.leaveRatio         leave below break-even times this [0.7]
  policy.feeGate.holdingDays        days in which a change must earn what leaving and entering cost [7]
  policy.feeGate.marginRatePerYear  what the margin could earn elsewhere [0.02]
  policy.feeGate.carryPriorPerYear  cost of the short until it was measured [0.03]
  policy.rangeWidth                 range is price ×/÷ this, or "auto" [1.5]
  policy.autoRange                  minWidth [1.1], maxWidth [3], steps [24], fallbackWidth [1.5]
  policy.marginPlan                 keeperOutageHours [12], topUpLatencyHours [1], liquidationProbability [0.001],
                                    jumpFraction [0.05], topUpDays [1], topUpProbability [0.1], floorReserve [0.05]
  feeHalfLifeHours                  hours after which a measured fee counts half [24]
  feeMinimumSpanHours               hours of measuring before the gate has an opinion [12]
  feeSampleSeconds                  seconds between two readings of the pool's fees [300]
  carryMinimumSpanHours             hours of quiet before the measured cost of the short counts [2]
The document for operators explains them: docs/operator.md.`;

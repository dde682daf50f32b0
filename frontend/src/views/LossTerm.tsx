import { Term } from "./Term";

const MEANINGS = {
  loss: { doc: "What training minimises for this loss, before its weight." },
  weight: { doc: "Factor of this loss in the total." },
  weighted: { doc: "What this loss adds to the total.", formula: "weight * loss" },
  share: { doc: "Share of this loss in the total.", formula: "weighted / total" },
  "gradient norm": {
    doc: "Length of the gradient of this loss, before its weight, with respect to its head.",
    formula: "norm(d loss / d head)",
  },
};

/** The name of a metric with a tooltip that explains it. */
export function LossTerm({ name }: { name: keyof typeof MEANINGS }) {
  return <Term name={name} {...MEANINGS[name]} />;
}

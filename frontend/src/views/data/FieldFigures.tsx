import { NumberInput, Select } from "@mantine/core";
import { lazy } from "react";
import { cellSize, isPooled } from "../../lib/cells";
import { type FieldView, fieldKey, raveled } from "../../lib/field_view";
import { problemOf } from "../../lib/problem";
import { rangeText } from "../../lib/ranges";
import type { FigureResult, TermInfo } from "../../lib/types";
import { selectComponent, selectField } from "../../state/actions/map";
import { useLink } from "../../state/page";
import { useField } from "../../state/use_data";
import { ColoursSwitch } from "../figure/ColoursSwitch";
import { FigureFrame } from "../figure/FigureFrame";
import figures from "../figure/Figures.module.css";
import { PoolSelect } from "../figure/PoolSelect";
import { ZoomReset } from "../figure/TermBar";
import { ProblemBanner } from "../ProblemBanner";

const TermMap = lazy(() => import("../figure/TermMap"));
const PlotFigure = lazy(() => import("../figure/PlotFigure"));

/** One component of a field over sequences and steps, in the figures of a term. */
export function FieldFigures({ view }: { view: FieldView }) {
  const { data, error, isPlaceholderData } = useField(view);
  const of = (kind: string) => data?.figures.find((figure) => figure.kind === kind) ?? null;
  const [map, histogram] = [of("map"), of("histogram")];
  const term = { name: map?.term ?? "", formula: "", doc: "", dims: ["batch", "step"], signed: data?.signed ?? false };
  return (
    <section
      className={figures.figures}
      aria-label="Field figures"
      aria-busy={isPlaceholderData}
      data-testid="data-figures"
    >
      <Bar view={view} map={map} />
      {error && <ProblemBanner title="No figures." problem={problemOf(error)} />}
      {!error && (
        <>
          <FigureFrame
            kind="map"
            title="Map"
            help="click selects · drag zooms · double click resets"
            tools={<ColoursSwitch />}
            result={map}
            height="clamp(220px, 100vh - 700px, 480px)"
            stale={false}
            testid="data-map"
          >
            {(result) => <TermMap result={result} term={term as TermInfo} noun="step" />}
          </FigureFrame>
          {(!data || histogram) && (
            <FigureFrame
              kind="histogram"
              title="Histogram"
              result={histogram}
              height="150px"
              stale={false}
              testid="data-histogram"
            >
              {(result) => <PlotFigure result={result} title={`Histogram of ${result.term}`} />}
            </FigureFrame>
          )}
        </>
      )}
    </section>
  );
}

function Bar({ view, map }: { view: FieldView; map: FigureResult | null }) {
  const zoom = useLink(({ zoom }) => zoom);
  const { batch, field } = view;
  return (
    <div className={figures.bar}>
      <Select
        className={figures.picker}
        size="xs"
        data={batch.fields.map(fieldKey)}
        value={fieldKey(field)}
        allowDeselect={false}
        searchable
        maxDropdownHeight={420}
        onChange={(key) => key && selectField(key)}
        aria-label="Field"
        data-testid="field-picker"
      />
      <IndexFields view={view} />
      <span style={{ flex: 1 }} />
      {map && isPooled(cellSize(map)) && <PoolSelect noun="step" />}
      {zoom && (
        <ZoomReset
          rows={rangeText(zoom.rows, batch.transitions ? "transition" : "sequence")}
          steps={rangeText(zoom.steps, "step")}
        />
      )}
    </div>
  );
}

/** Which index of each further dimension is shown. */
function IndexFields({ view: { field, index } }: { view: FieldView }) {
  const shape = field.shape.slice(2);
  const pick = (dim: number, at: number) =>
    selectComponent(
      raveled(
        index.map((old, each) => (each === dim ? at : old)),
        shape,
      ),
    );
  return shape.map((size, dim) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a dimension has no other name
    <div key={dim} className={figures.component}>
      <NumberInput
        size="xs"
        min={0}
        max={Math.max(size - 1, 0)}
        allowDecimal={false}
        allowNegative={false}
        clampBehavior="strict"
        value={index[dim] ?? 0}
        onChange={(at) => typeof at === "number" && pick(dim, at)}
        aria-label={`Index in dimension ${dim + 2}`}
        data-testid={`field-index-${dim}`}
      />
      <span className="num">of {size}</span>
    </div>
  ));
}

import { lazy, Suspense } from "react";
import { Waiting } from "../parts/ProgressBar.tsx";

const HubModels = lazy(async () => {
  const { HubModels: component } = await import("./hub/HubModels.tsx");
  return { default: component };
});

const HubData = lazy(async () => {
  const { HubData: component } = await import("./hub/HubData.tsx");
  return { default: component };
});

/** Models of the hub; their code is loaded with the first look at them. */
export function ModelsFromHub() {
  return (
    <Suspense fallback={<Waiting label="Opening the hub's part" />}>
      <HubModels />
    </Suspense>
  );
}

/** Data sets of the hub; likewise. */
export function DataFromHub() {
  return (
    <Suspense fallback={<Waiting label="Opening the hub's part" />}>
      <HubData />
    </Suspense>
  );
}

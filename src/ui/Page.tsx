import { CSPProvider } from "@base-ui/react/csp-provider";
import type { App } from "#state/app.ts";
import { AppContext, useAppState } from "#state/hooks.ts";
import { ComparePage } from "./compare/ComparePage.tsx";
import { usePageEffects } from "./effects.ts";
import { Home } from "./home/Home.tsx";
import "./look/tokens.css";
import "./look/base.css";
import styles from "./Page.module.css";
import { RunPage } from "./run/RunPage.tsx";
import { RunsPage } from "./runs/RunsPage.tsx";
import { SetupPage } from "./setup/SetupPage.tsx";
import { Footer } from "./shell/Footer.tsx";
import { Header } from "./shell/Header.tsx";
import { Notices } from "./shell/Notices.tsx";

/** The whole page, around the app it shows. */
export function Page({ app }: { readonly app: App }) {
  return (
    <AppContext value={app}>
      {/* Style elements would break the content policy; ours are all in files. */}
      <CSPProvider disableStyleElements>
        <Shell />
      </CSPProvider>
    </AppContext>
  );
}

function Shell() {
  usePageEffects();
  return (
    <>
      <Header />
      <main className={styles.main} id="main" tabIndex={-1}>
        <Notices />
        <CurrentPlace />
      </main>
      <Footer />
    </>
  );
}

function CurrentPlace() {
  const place = useAppState((state) => state.place);
  switch (place.name) {
    case "home":
      return <Home />;
    case "setup":
      return <SetupPage />;
    case "runs":
      return <RunsPage />;
    case "run":
      return <RunPage key={place.runId} runId={place.runId} />;
    case "compare":
      return <ComparePage runIds={place.runIds} />;
    default:
      return place satisfies never;
  }
}

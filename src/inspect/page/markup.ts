/** The pages' markup. What is shown in them comes by their scripts; nothing is fetched from anywhere else. */

const head = (title: string, script: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page/style.css">
<script type="module" src="/page/${script}"></script>
</head>`;

export const PAGE = `${head('Helios inspector', 'main.js')}
<body>
<header>
  <h1>Helios <span class="dim">inspector</span></h1>
  <span id="connection" class="dot"></span><span id="status" role="status">connecting</span>
  <span id="figures" class="dim"></span>
  <span id="dropped" class="warn" title="Each actor is shown so many steps a second, each process so many events: more can't be followed, and would cost. States are always the latest."></span>
  <span class="space"></span>
  <button id="pause" type="button">Pause</button>
  <a href="/stately" target="_blank" rel="noopener">Open in Stately's inspector ↗</a>
</header>
<main>
  <div class="left">
    <section aria-label="Processes and their actors"><h2>Actors</h2><div id="processes"></div></section>
    <section aria-label="Requests">
      <h2>Requests <span id="ended"></span></h2>
      <div class="scroll"><table class="requests"><tbody id="requests"></tbody></table></div>
    </section>
    <section aria-label="Last steps of all actors"><h2>Last steps</h2><ol id="feed" class="log"></ol></section>
  </div>
  <aside id="selected" aria-label="The chosen actor"></aside>
</main>
</body>
</html>
`;

export const STATELY_PAGE = `${head("Helios in Stately's inspector", 'stately.js')}
<body class="bridge">
<p id="note">Waiting for Stately's inspector. It comes from stately.ai: without a way there, use
  <a href="/">the inspector of this machine</a>.</p>
<iframe id="stately" src="https://stately.ai/inspect" title="Stately's inspector"></iframe>
</body>
</html>
`;

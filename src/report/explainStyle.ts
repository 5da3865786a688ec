/** What an explanation needs beyond the reports' own style. Colours of classes keep 3 : 1 against their ground. */
export const explainStyle = `
:root{--class-0:#1f5fbf;--class-1:#a4480f;--class-2:#1a6e34;--class-3:#8a2fa3;--class-4:#b3261e;--class-5:#5f6a00;
--class-6:#00707a;--class-7:#6b5040}
@media (prefers-color-scheme:dark){:root{--class-0:#86b6ff;--class-1:#ffb27a;--class-2:#7fd492;--class-3:#e0a3f0;
--class-4:#ff9a90;--class-5:#d6d96b;--class-6:#6fdbe3;--class-7:#cdb5a6}}
@media print{:root{--class-0:#1f5fbf;--class-1:#a4480f;--class-2:#1a6e34;--class-3:#8a2fa3;--class-4:#b3261e;--class-5:#5f6a00;
--class-6:#00707a;--class-7:#6b5040}}
.class-key span{display:inline-flex;align-items:center;gap:.35em;margin-right:1em;white-space:nowrap}
.class-key svg{width:auto;flex:none}
.face{margin:1.25rem 0 2rem;break-inside:avoid}.face h3{font-size:1rem;margin:.5rem 0}
.face h4{font-size:.9375rem;font-weight:600;margin:0 0 .25rem}.answers details{margin:.25rem 0 1rem}
.answers{display:grid;grid-template-columns:minmax(4.5rem,9rem) 1fr;gap:1rem}
.answers img{width:100%;height:auto;display:block;border-radius:.25rem}
.maps{display:grid;grid-template-columns:repeat(3,minmax(4rem,9rem));gap:.5rem .75rem}
.patches{grid-template-columns:repeat(auto-fill,minmax(5.5rem,1fr));margin-top:.5rem}
.scroll+.scroll{margin-top:1rem}
@media (max-width:40rem){.answers{grid-template-columns:1fr}.answers>figure{max-width:8rem}}
`;

/** Class names of a style sheet. That each exists, and is used, is checked by classNames.test.ts. */
declare module "*.module.css";

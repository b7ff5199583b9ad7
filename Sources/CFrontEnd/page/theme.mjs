// Light or dark, on every page.
import { element, fill } from './dom.mjs';

/** A button for the reader's choice, which else is the system's. */
export function themeSwitch(redraw = () => {}) {
  const isDark = () => (document.documentElement.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  const button = element('button', {
    type: 'button', class: 'quiet', onclick: () => {
      document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
      show();
      redraw();
    },
  });
  const show = () => fill(button, isDark() ? 'Light' : 'Dark');
  show();
  return button;
}

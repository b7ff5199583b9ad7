// SwiftPM's own way to embed a file makes a Swift array of it, which takes the compiler minutes for a few hundred kilobytes; #embed takes none.
#include "CFrontEnd.h"

#include <string.h>

#ifdef __clang__
#pragma clang diagnostic ignored "-Wc23-extensions"
#endif

static const unsigned char decode[] = {
#embed "page/decode.mjs"
};
static const unsigned char grid[] = {
#embed "page/grid.mjs"
};
static const unsigned char words[] = {
#embed "page/words.mjs"
};
static const unsigned char colours[] = {
#embed "page/colours.mjs"
};
static const unsigned char clusters[] = {
#embed "page/clusters.mjs"
};
static const unsigned char numbers[] = {
#embed "page/numbers.mjs"
};
static const unsigned char slices[] = {
#embed "page/slices.mjs"
};
static const unsigned char summary[] = {
#embed "page/summary.mjs"
};
static const unsigned char dom[] = {
#embed "page/dom.mjs"
};
static const unsigned char model[] = {
#embed "page/model.mjs"
};
static const unsigned char plane[] = {
#embed "page/plane.mjs"
};
static const unsigned char charts[] = {
#embed "page/charts.mjs"
};
static const unsigned char tables[] = {
#embed "page/tables.mjs"
};
static const unsigned char norms[] = {
#embed "page/norms.mjs"
};
static const unsigned char controls[] = {
#embed "page/controls.mjs"
};
static const unsigned char about[] = {
#embed "page/about.mjs"
};
static const unsigned char montage[] = {
#embed "page/montage.mjs"
};
static const unsigned char main_[] = {
#embed "page/main.mjs"
};
static const unsigned char served[] = {
#embed "page/served.mjs"
};
static const unsigned char cohort[] = {
#embed "page/cohort.mjs"
};
static const unsigned char style[] = {
#embed "page/style.css"
};
static const unsigned char scan[] = {
#embed "page/scan.html"
};
static const unsigned char subjects[] = {
#embed "page/cohort.html"
};
static const unsigned char frame[] = {
#embed "page/frame.html"
};
static const unsigned char theme[] = {
#embed "page/theme.mjs"
};

static const struct {
  const char *name;
  const unsigned char *bytes;
  size_t count;
} files[] = {
    {"decode.mjs", decode, sizeof decode},
    {"grid.mjs", grid, sizeof grid},
    {"words.mjs", words, sizeof words},
    {"colours.mjs", colours, sizeof colours},
    {"clusters.mjs", clusters, sizeof clusters},
    {"numbers.mjs", numbers, sizeof numbers},
    {"slices.mjs", slices, sizeof slices},
    {"summary.mjs", summary, sizeof summary},
    {"dom.mjs", dom, sizeof dom},
    {"model.mjs", model, sizeof model},
    {"plane.mjs", plane, sizeof plane},
    {"charts.mjs", charts, sizeof charts},
    {"norms.mjs", norms, sizeof norms},
    {"tables.mjs", tables, sizeof tables},
    {"controls.mjs", controls, sizeof controls},
    {"about.mjs", about, sizeof about},
    {"montage.mjs", montage, sizeof montage},
    {"main.mjs", main_, sizeof main_},
    {"served.mjs", served, sizeof served},
    {"cohort.mjs", cohort, sizeof cohort},
    {"style.css", style, sizeof style},
    {"scan.html", scan, sizeof scan},
    {"cohort.html", subjects, sizeof subjects},
    {"frame.html", frame, sizeof frame},
    {"theme.mjs", theme, sizeof theme},
};

const unsigned char *pf_file(const char *name, size_t *count) {
  for (size_t n = 0; n < sizeof files / sizeof files[0]; n++)
    if (strcmp(files[n].name, name) == 0) {
      *count = files[n].count;
      return files[n].bytes;
    }
  *count = 0;
  return NULL;
}

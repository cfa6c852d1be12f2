/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_PAGE_ASSETS_H
#define K8SDNS_RENDER_PAGE_ASSETS_H

/*
 * The page's style and script, the same for every page, and the words by which a Content-Security-Policy
 * allows just these: made from page.css and page.js by page_assets.py when the program is built.
 */
extern const char page_style[];
extern const char page_script[];
extern const char page_style_hash[];
extern const char page_script_hash[];

#endif

internal import PellucidResults

/// What all pages have in common: their head, what they may load, their style, header and footer, and where there is a script, its data.
struct PageFrame {
  /// What the page is, behind the product's name: `report`, `cohort`, `views`.
  var product: String
  /// What it is about: its heading and, with the product, its title.
  var heading: String
  /// Where its pictures may come from, in the words of a content security policy.
  var images: String
  /// What its script is and needs; nil: it has none.
  var script: Script?

  /// The script of a page.
  struct Script {
    /// The front end's modules, each behind those that it imports.
    var modules: [String]
    /// What it reads.
    var data: JSONValue
    /// Base64 of what it unpacks.
    var blobs: [String] = []
    /// Where a keyboard's reader can jump to, and in which words.
    var skip: (id: String, words: String)
    /// What a reader sees whose browser runs no scripts.
    var without: String
    /// What stands there until the script shows the page; nil: the page is shown at once.
    var loading: String?
    /// Whether it may talk to the server that the page came from.
    var isServed = false
  }

  /// The page around its main part, UTF-8.
  func page(_ main: [UInt8]) -> [UInt8] {
    let escaped = FrontEnd.escaped
    func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    var parts: [String: [UInt8]] = [
      "title": bytes(escaped("\(heading) · Pellucid")), "heading": bytes(escaped(heading)), "product": bytes(product),
      "style": bytes(FrontEnd.text("style.css")), "images": bytes(images), "main": main, "scripts": [], "connect": [],
      "waiting": [], "hidden": [], "skip": [], "theme": [], "script": [],
    ]
    if let script {
      parts["scripts"] = bytes(" script-src 'unsafe-inline';")
      if script.isServed { parts["connect"] = bytes(" connect-src 'self' ws:;") }
      let loading = script.loading.map { "<p id=\"loading\" role=\"status\">\($0)</p>\n" } ?? ""
      parts["waiting"] = bytes(loading + "<noscript><p>\(script.without)</p></noscript>\n")
      if script.loading != nil { parts["hidden"] = bytes(" hidden") }
      parts["skip"] = bytes("<a class=\"skip\" href=\"#\(script.skip.id)\">\(script.skip.words)</a>\n")
      parts["theme"] = bytes("<div id=\"theme\"></div>\n")
      let blobs = script.blobs.enumerated().map { "<script type=\"text/plain\" id=\"blob-\($0)\">\($1)</script>\n" }
      parts["script"] =
        bytes(blobs.joined() + "<script type=\"application/json\" id=\"data\">") + FrontEnd.embedded(script.data.text())
        + bytes("</script>\n<script>\n" + FrontEnd.script(script.modules) + "</script>\n")
    }
    return FrontEnd.filled("frame.html", parts)
  }
}

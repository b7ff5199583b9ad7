internal import FoundationEssentials
public import PellucidResults
internal import PellucidTables

/// A view of a network as a section of a page: its pictures, what was found, how it was made.
public struct ViewSection: Sendable {
  private let view: StoredView
  private let pictures: [(name: String, base64: String)]
  /// Pictures that the page has no room for.
  private let left: [String]

  /// The sections of views, with their pictures as long as there is room.
  /// - Parameter room: bytes of pictures.
  public static func all(_ views: [StoredView], room: Int = 16_000_000) -> [ViewSection] {
    var room = room
    return views.map { view in
      var (pictures, left) = ([(String, String)](), [String]())
      for file in view.files where file.name.hasSuffix(".png") {
        guard let bytes = view.bytes(of: file.name) else { continue }
        guard bytes.count <= room else {
          left.append(file.name)
          continue
        }
        room -= bytes.count
        pictures.append((file.name, Data(bytes).base64EncodedString()))
      }
      return ViewSection(view: view, pictures: pictures, left: left)
    }
  }

  /// The section.
  var html: String {
    let escaped = FrontEnd.escaped
    let layers = view.layers.count > 4 ? "\(view.layers.count) layers" : view.layers.joined(separator: ", ")
    let title = view.view + (layers.isEmpty ? "" : " · " + layers)
    let files = view.files.map(\.name).joined(separator: ", ")
    var html =
      "<section class=\"panel study view\" data-view=\"\(escaped(view.name))\" aria-label=\"\(escaped(title))\">"
    html += "<h2>\(escaped(title))</h2>\n"
    let notes = view.notes
    for note in notes.prefix(Self.most) {
      html += "<p class=\"hint\">\(escaped(note.what)): \(escaped(note.how))</p>\n"
    }
    if notes.count > Self.most {
      html += "<p class=\"hint\">\(notes.count - Self.most) more notes stand in \(escaped(view.name)).json.</p>\n"
    }
    html += "<div class=\"pictures\">"
    for picture in pictures {
      html +=
        "<figure><img src=\"data:image/png;base64,\(picture.base64)\" alt=\"\(escaped(picture.name))\"><figcaption class=\"hint\">\(escaped(picture.name))</figcaption></figure>\n"
    }
    html += "</div>\n"
    if !left.isEmpty {
      html +=
        "<p class=\"hint\">Beside the page, for which they are too large: \(escaped(left.joined(separator: ", ")))</p>\n"
    }
    html += "<details><summary>What was found, and how</summary><div class=\"scroll\"><table>\n"
    for (key, value) in Self.rows(view.record["facts"]) + Self.rows(view.record["options"]) {
      html += "<tr><th scope=\"row\">\(escaped(key))</th><td>\(escaped(value))</td></tr>\n"
    }
    if let model = view.record["model"]?["file"]?.text {
      html += "<tr><th scope=\"row\">model</th><td>\(escaped(model))</td></tr>\n"
    }
    html += "<tr><th scope=\"row\">files</th><td>\(escaped(files))</td></tr>\n</table></div></details></section>\n"
    return html
  }

  /// How many notes, and items of a list, are shown.
  private static let most = 8

  /// An object's values, a line each; those of objects in it under both names.
  private static func rows(_ value: JSONValue?, under name: String = "") -> [(String, String)] {
    guard case .object(let members)? = value else { return [] }
    return members.flatMap { member -> [(String, String)] in
      let key = (name.isEmpty ? "" : name + " · ") + member.key.replacing("_", with: " ")
      switch member.value {
      case .null: return []
      case .object: return rows(member.value, under: key)
      case .array(let items):
        let shown = items.prefix(most).compactMap(word)
        if shown.count < min(items.count, most) { return [(key, "\(items.count)")] }
        return [(key, shown.joined(separator: ", ") + (items.count > most ? " … (\(items.count))" : ""))]
      default: return word(member.value).map { [(key, $0)] } ?? []
      }
    }
  }

  /// A single value in words; nil for what is none.
  private static func word(_ value: JSONValue) -> String? {
    switch value {
    case .bool(let holds): holds ? "yes" : "no"
    case .integer(let number): "\(number)"
    case .number(let number): NumberText.significant(number, digits: 4)
    case .single(let number): NumberText.significant(Double(number), digits: 4)
    case .string(let text): text
    case .null: "–"
    case .array, .object: nil
    }
  }
}

/// The page of views alone, where a folder holds no results of methods.
public struct ViewsPage: Sendable {
  /// The file's bytes, UTF-8.
  public let html: [UInt8]

  /// Makes the page.
  public init(of views: [StoredView], title: String) {
    html = PageFrame(product: "views", heading: title, images: "data:")
      .page(Array(ViewSection.all(views).map(\.html).joined().utf8))
  }
}

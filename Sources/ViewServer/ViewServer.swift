internal import FlyingFox
internal import FlyingSocks
internal import Foundation
internal import PellucidAttribution
public import PellucidExplaining
internal import PellucidFaults
public import PellucidPages
internal import PellucidResults
internal import PellucidVolumes
internal import Synchronization

/// Serves the pages of results on this machine alone, with a network to ask.
///
/// It listens on 127.0.0.1, answers only addresses that begin with a token nobody can guess, and only where the browser says that it asked
/// for this host, so that no other page can reach it (DNS rebinding). It opens no file that an address names.
public final class ViewServer: Sendable {
  private let scans: ViewedScans
  private let engine = ViewEngine()
  private let events = ViewEvents()
  private let job = Mutex<(method: String, progress: JobProgress)?>(nil)
  /// 128 random bits.
  private let token: String = {
    var generator = SystemRandomNumberGenerator()
    return (0..<2).map { _ in
      let digits = String(generator.next() as UInt64, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }()

  /// A server of scans.
  /// - Parameters:
  ///   - images: where scans are looked for besides where their records say.
  ///   - classifier: the network that lesions and further methods ask; nil: the pages are served as they are.
  public init(_ scans: [StoredScan], images: String?, classifier: Classifier?) {
    self.scans = ViewedScans(scans, images: images, classifier: classifier)
  }

  /// Serves until the task is cancelled.
  /// - Parameters:
  ///   - port: 0: any that is free.
  ///   - started: is handed the address once it can be asked.
  /// - Throws: `.usage` where the port cannot be had.
  public func run(port: UInt16, started: @escaping @Sendable (String) -> Void) async throws {
    let server = HTTPServer(
      config: .init(address: try .inet(ip4: "127.0.0.1", port: port), timeout: 86_400, logger: .disabled))
    await server.appendRoute("*") { [self] request in await answer(request, port: await server.port) }
    let serving = Task { try await server.run() }
    do {
      try await server.waitUntilListening(timeout: 10)
    } catch {
      serving.cancel()
      throw PellucidError.viewPort(port, cause: error)
    }
    started("http://127.0.0.1:\(await server.port)/\(token)/")
    await withTaskCancellationHandler {
      _ = await serving.result
    } onCancel: {
      job.withLock { $0?.progress.cancel() }
      events.finish()
      serving.cancel()
    }
  }

  private func answer(_ request: HTTPRequest, port: UInt16) async -> HTTPResponse {
    let hosts = ["127.0.0.1:\(port)", "localhost:\(port)"]
    guard let host = request.headers[.host], hosts.contains(host) else { return .refused("this host is not served") }
    if let origin = request.headers[HTTPHeader("Origin")], !hosts.contains(where: { origin == "http://\($0)" }) {
      return .refused("another page asks")
    }
    var parts = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
    guard let given = parts.first, given == token else { return .absent }
    parts.removeFirst()
    // /TOKEN/ is the first scan's page, /TOKEN/scan/N/ another one's; what a page asks stands behind its own address.
    var number = 0
    if parts.first == "scan", parts.count > 1, let asked = Int(parts[1]) {
      number = asked
      parts.removeFirst(2)
    }
    guard parts.count <= 1, scans.stems.indices.contains(number) else { return .absent }
    do {
      // The web server's package takes a slash at the end off.
      return try await answer(parts.first ?? "", request, of: number)
    } catch let fault as PellucidError {
      return .json(["error": .string(fault.line)], status: .badRequest)
    } catch {
      return .json(["error": "the answer cannot be made"], status: .internalServerError)
    }
  }

  private func answer(_ word: String, _ request: HTTPRequest, of number: Int) async throws -> HTTPResponse {
    switch (request.method, word) {
    case (.GET, ""):
      let page = try await engine.run { [scans] () throws(PellucidError) in try scans.page(number) }
      return .init(statusCode: .ok, headers: .safe("text/html; charset=utf-8"), body: Data(page))
    case (.GET, "facts"):
      return .json(facts)
    case (.GET, "events"):
      return try await WebSocketHTTPHandler.webSocket(events).handleRequest(request)
    case (.POST, "lesion"):
      let asked = try await question(LesionQuestion.self, request)
      guard asked.at.count == 3 else { throw PellucidError.viewQuestion() }
      let centre = WorldPoint(x: asked.at[0], y: asked.at[1], z: asked.at[2])
      return .json(
        try await engine.run { [scans] () throws(PellucidError) in
          try scans.lesion(number, at: centre, radius: asked.radius, fill: asked.fill)
        })
    case (.POST, "explain"):
      try begin(try await question(ExplainQuestion.self, request), of: number)
      return .json(["state": "running"])
    case (.POST, "cancel"):
      job.withLock { $0?.progress.cancel() }
      return .json(["state": "cancelling"])
    default: return .absent
    }
  }

  private struct LesionQuestion: Decodable, Sendable {
    var at: [Double]
    var radius: Double
    var fill: String
  }

  private struct ExplainQuestion: Decodable, Sendable { var method, target: String }

  private func question<Question: Decodable>(_: Question.Type, _ request: HTTPRequest) async throws -> Question {
    guard let asked = try? JSONDecoder().decode(Question.self, from: try await request.bodyData) else {
      throw PellucidError.viewQuestion()
    }
    return asked
  }

  /// Starts a method; pages hear how it goes on.
  private func begin(_ asked: ExplainQuestion, of number: Int) throws(PellucidError) {
    let about: JSON = [
      "method": .string(asked.method), "scan": .string(scans.stems[number]), "page": .string(path(number)),
    ]
    let progress = JobProgress { [events] done, total in
      var event = about
      event["state"] = "running"
      event["done"] = .integer(done)
      event["total"] = .integer(total)
      events.tell(event)
    }
    let running = job.withLock { job -> String? in
      if let job { return job.method }
      job = (asked.method, progress)
      return nil
    }
    if let running { throw .viewBusy(running) }
    progress.advanced(to: 0, of: 0)
    Task { [self] in
      var event = about
      do {
        let id = try await engine.run { [scans] () throws(PellucidError) in
          try scans.explain(number, method: asked.method, target: asked.target, progress: progress)
        }
        event["state"] = "done"
        event["id"] = .string(id)
      } catch {
        event["state"] = progress.isCancelled ? "cancelled" : "failed"
        event["error"] = .string((error as? PellucidError)?.line ?? "the map cannot be made")
      }
      job.withLock { $0 = nil }
      events.tell(event)
    }
  }

  private func path(_ number: Int) -> String { number == 0 ? "/\(token)/" : "/\(token)/scan/\(number)/" }

  /// What a page offers.
  private var facts: JSON {
    [
      "hasModel": .bool(scans.hasModel), "fills": .strings(["background", "mean", "blur", "noise", "mirror"]),
      "methods": .strings(MethodCatalogue.methods.map { $0.name }),
      "scans": .array(
        scans.stems.enumerated().map { ["stem": .string($0.element), "page": .string(path($0.offset))] }),
    ]
  }
}

extension HTTPServer {
  /// The port that it listens on; 0: it does not.
  fileprivate var port: UInt16 {
    if case .ip4(_, let port)? = listeningAddress { port } else { 0 }
  }
}

extension HTTPHeaders {
  /// Headers of an answer of a type, which nobody keeps, frames or guesses at.
  fileprivate static func safe(_ type: String) -> HTTPHeaders {
    [
      .contentType: type, HTTPHeader("Cache-Control"): "no-store", HTTPHeader("X-Content-Type-Options"): "nosniff",
      HTTPHeader("X-Frame-Options"): "DENY", HTTPHeader("Referrer-Policy"): "no-referrer",
    ]
  }
}

extension HTTPResponse {
  fileprivate static func json(_ value: JSON, status: HTTPStatusCode = .ok) -> HTTPResponse {
    .init(statusCode: status, headers: .safe("application/json"), body: Data(value.text().utf8))
  }

  fileprivate static var absent: HTTPResponse { .json(["error": "there is nothing here"], status: .notFound) }

  fileprivate static func refused(_ why: String) -> HTTPResponse {
    .json(["error": .string(why)], status: .forbidden)
  }
}

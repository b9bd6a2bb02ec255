"""The Faust application: every process of heedful is a worker of it, in one role.

visits, care    a kernel, in a thread; Faust consumes nothing
landing         the way into ClickHouse, in a thread; Faust consumes nothing
edges           agents: slow, asynchronous work of low volume; in threads, the queue of who waits and what
                else the live page shows of this moment; and the pages
"""

from collections.abc import Sequence

from streams.application import Application, Worker, options
from streams.edges.guarded import Handler
from streams.metrics import registry_of
from streams.pages import dress, guard, serve
from streams.roles import Role
from streams.sections import revealed
from streams.settings import Settings
from streams.threaded import Threaded
from streams.wiring import work_of


def create_app(settings: Settings, role: Role, handlers: Sequence[Handler] = ()) -> Application:
    """The application in a role: its life cycle, its work, its pages. Starts nothing.

    ``handlers``: what the edges do with each signal and outreach record, besides counting it.
    """
    app = _in_edges(settings, handlers) if role == "edges" else _at_work(settings, role)
    registry = registry_of(role, settings.deployment, app.status, app.hosted[0].work)
    serve(
        app, role, lambda: all(hosted.alive for hosted in app.hosted), app.why_not_ready, app.status, registry
    )
    guard(app, revealed(settings.web.token))
    dress(app)
    return app


def _in_edges(settings: Settings, handlers: Sequence[Handler]) -> Application:
    """Imported where it is needed: a kernel would load what shows pages and asks ClickHouse for nothing."""
    from streams.edges.application import edges_app

    return edges_app(settings, handlers)


def _at_work(settings: Settings, role: Role) -> Application:
    app = Worker(**options(settings, role))
    work = work_of(role, settings)
    app.hosted = (Threaded(work),)
    app.status, app.why_not_ready = work.status, work.why_not_ready
    return app

"""A bad day on demand: what a real workspace does now and then, made to happen when somebody wants it.

An admin puts a list to `/sandbox/faults`, or adds to it with POST; each fault takes the requests that fit it, as many
`times` as it says, after the first `skip` of them:

    {"method": "POST", "path": "/api/2.0/mlflow/.*", "status": 429, "retry_after": 2}     refused, nothing was done
    {"path": ".*/create", "status": 500, "after": true}                                  done, but the answer is lost
    {"path": ".*/create", "cut": true}                         the connection ends; with "after" once it was carried out
    {"path": ".*/model-versions/get", "times": 3, "merge": {"model_version": {"status": "PENDING_REGISTRATION"}}}
    {"path": ".*", "delay": 100, "times": null}                                          each takes 100 ms longer
    {"path": ".*/serving-endpoints/.*", "stale": 3}            reads see what was written 3 s ago and before, no later
    {"path": "/api/.*", "skip": 20, "expire": true}            the token of the 21st request is refused from then on
    {"endpoint": "weather", "busy": 5}          its next update finds one of somebody else's under way, that takes 5 s
    {"endpoint": "weather", "start": "fails-to-load"}          its next start fails: see `starts`
    {"path": "/external/gateway/gpt", "status": 500}           the provider behind served entity `gpt` of `gateway` fails

A delay comes before whatever else happens to a request, and those of several faults add up. They are counted in
requests, and forgotten when the sandbox stops. GET says how often each was taken.

fault (one, as data) -> faults (those to come, those that were taken) -> middleware (lets them happen)
stale (what was before a write), pace (how many endpoints in how many seconds), routes (all of it over HTTP)
"""

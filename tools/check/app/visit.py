# A visit to a Django project from inside its own container: paths, and the admin's login, as a browser would do it.
# Reads {"base", "paths", "user", "password"} on standard input, so that the password is in no list of processes.
import http.cookiejar
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

asked = json.load(sys.stdin)


def get(opener, path, form=None):
    data = urllib.parse.urlencode(form).encode() if form else None
    request = urllib.request.Request(asked["base"] + path, data=data, headers={"Referer": asked["base"] + path})
    try:
        with opener.open(request, timeout=10) as answer:
            return answer.status, answer.geturl(), answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.geturl(), error.read().decode(errors="replace")
    except OSError as error:
        return 0, "", str(error)


def login(password):
    """Whether the admin's own page is shown after a login."""
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    opener = urllib.request.build_opener(jar)
    _, url, page = get(opener, "/admin/login/?next=/admin/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if not token:
        return "no form"
    form = {"username": asked["user"], "password": password, "next": "/admin/", "csrfmiddlewaretoken": token.group(1)}
    status, url, page = get(opener, "/admin/login/?next=/admin/", form)
    return "in" if status == 200 and "/login/" not in url and 'id="user-tools"' in page else "out"


plain = urllib.request.build_opener()
pages = {path: get(plain, path) for path in asked["paths"]}
result = {"pages": {path: {"status": status, "body": body[:4000]} for path, (status, _, body) in pages.items()}}
if asked.get("user"):
    result["login"] = login(asked["password"])
    result["wrong"] = login("not-" + asked["password"])
print(json.dumps(result))

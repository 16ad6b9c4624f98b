from tests import factories as make
from tests.web import client_of
from governance.amendments.kinds import AmendmentType, Basis

def test_smoke() -> None:
    cast = make.cast()
    p = make.proposed(cast, type=AmendmentType.CAPABILITY_EXPANSION, capabilities=["payroll", "compliance", "pdf-processing", "voice<script>"])
    a = make.applied(cast)
    for who in ("ada", "bo", "cy", "uma", "tess", "sam", "mel"):
        c = client_of(getattr(cast, who))
        for url in ("/amendments/", f"/amendments/AMD-{p.number}/", f"/amendments/AMD-{p.number}/?view=side", f"/amendments/AMD-{p.number}/?view=patch", f"/amendments/AMD-{a.number}/", f"/amendments/AMD-{a.number}/roll-back/", "/amendments/propose/", "/amendments/propose/?system=clay-consigliere", f"/amendments/AMD-{p.number}/revise/", "/amendments/AMD-99999999999999999999999/", "/amendments/AMD-7777777/"):
            r = c.get(url)
            print(who, url, r.status_code, len(r.content))
    r = client_of(cast.cy).get(f"/amendments/AMD-{p.number}/")
    open("/tmp/out.html","w").write(r.content.decode())
    r = client_of(cast.bo).get("/amendments/propose/?system=clay-consigliere")
    open("/tmp/out2.html","w").write(r.content.decode())

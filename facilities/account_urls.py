"""Addresses of signing in and of one's own account; they stand here, since they know posts and are audited."""

from django.urls import path

from facilities import access_views, account_views, entry_views, identity_views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", entry_views.SignIn.as_view(), name="sign-in"),
    path("sign-in/code/", entry_views.SignInCode.as_view(), name="sign-in-code"),
    path("sign-in/provider/", identity_views.ToProvider.as_view(), name="to-provider"),
    path("sign-in/provider/back/", identity_views.FromProvider.as_view(), name="provider-back"),
    path("sign-out/", entry_views.SignOut.as_view(), name="sign-out"),
    path("unlock/", entry_views.Unlock.as_view(), name="unlock"),
    path("account/", account_views.Account.as_view(), name="account"),
    path("account/lock/", account_views.Lock.as_view(), name="lock"),
    path("account/password/", account_views.Password.as_view(), name="password"),
    path("account/second-factor/", account_views.Factor.as_view(), name="second-factor"),
    path("account/second-factor/later/", account_views.Later.as_view(), name="later"),
    path("account/second-factor/codes/", account_views.Codes.as_view(), name="recovery-codes"),
    path("account/identity/", identity_views.LinkIdentity.as_view(), name="link-identity"),
    path(
        "account/identity/remove/",
        identity_views.UnlinkIdentity.as_view(),
        name="unlink-identity",
    ),
    path("account/sessions/end/", account_views.EndOthers.as_view(), name="end-others"),
    path(
        "account/sessions/<uuid:session_id>/end/",
        account_views.EndSession.as_view(),
        name="end-session",
    ),
    path("access/", access_views.Access.as_view(), name="access"),
    path(
        "access/<uuid:user_id>/identity/",
        access_views.NameIdentity.as_view(),
        name="name-identity",
    ),
    path(
        "access/<uuid:user_id>/<slug:what>/",
        access_views.Administer.as_view(),
        name="administer",
    ),
]
